import { oddKeys } from './keys';
import { at, type World } from './world';

/** Makes people say different things about the visits of the day, and the office change what was under way. */
export function disagree(world: World): void {
  const [, karin, nils, majBritt, abdi, gun, stig] = world.visits;
  if (!karin || !nils || !majBritt || !abdi || !gun || !stig) return;
  const sides = [
    { by: 'Lena Åberg', at: at('08:40'), value: 'done', shown: '', fact: 'f1' },
    { by: 'Fatima Nordin', at: at('08:41'), value: 'not_done', shown: 'declined', fact: 'f2' },
  ];
  const [first] = nils.items;
  if (first) Object.assign(first, { state: 'disputed', sides });
  nils.disputes = [{ about: first?.name ?? '', sides }];
  nils.card.flags = ['dispute', 'begun_though_moved'];
  nils.notes = [
    { fact: 'n1', text: 'Vill ha kaffet starkare.\nSonen kommer på söndag.', by: 'Lena Åberg', own: true, at: at('08:39'), delivery: 'at_office', read_by: 'Eva Ström', read_at: at('08:50') },
  ];
  nils.clashes = [
    {
      register: 'when',
      sides: [
        { by: 'Eva Ström', at: at('07:50'), value: '', shown: '08:30–08:55', fact: null },
        { by: 'Omar Haddad', at: at('07:52'), value: '', shown: '08:45–09:10', fact: null },
      ],
    },
  ];
  abdi.card.state = 'cancelled';
  abdi.cancelledReason = 'på sjukhus sedan i natt';
  abdi.card.late = null;
  Object.assign(gun.card, { state: 'not_carried_out', not_carried_out: 'nobody_opens' });
  Object.assign(stig.card, { flags: ['unplanned', 'unknown_recipient'], recipient: null, name: 'Stig i trapphuset' });
  oddKeys(world.keys, at);
  karin.card.delivery = 'refused';
  world.changes.push({ document: 'visit-99', kind: 'moved', day: '2026-11-22', name: 'Rune Dahl', start_before: at('14:45'), start_now: at('16:00') + 86_400, at: at('08:10'), by: 'Eva Ström' });
  world.sent.unshift({ document: karin.card.document, title: karin.card.name, what: 'note', count: 1, at: at('08:50'), delivery: 'refused', why: 'not_allowed', text: 'Fru Lindgren vill ha fönstret öppet på natten.' });
}

/** Makes the phone one that several share, with nobody's vault open. */
export function share(world: World): void {
  world.app.vaults = [
    { vault: 'vault-1', person: 'person-1', name: 'Lena Åberg', roles: ['carer'], unit: 'Västertorp', open: false, mended: [] },
    { vault: 'vault-2', person: 'person-2', name: 'Fatima Nordin', roles: ['carer'], unit: 'Västertorp', open: false, mended: [] },
  ];
}
