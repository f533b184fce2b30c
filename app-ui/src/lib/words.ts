import type {
  ChangeKind, Delivery, IncidentKind, InterventionGroup, KeyKind, LateReason, NotCarriedOutReason, NotDoneReason,
  OtherTimeKind, PauseCause, PoliceReport, Role, ToldOutcome, UnplannedCause, VisitFlag, VisitState,
} from './api/generated';
import { catalogue, machineCatalogue } from './i18n/catalogue.svelte';

type Words<K extends string> = Readonly<Record<K, string>>;

/** A word of a closed list, or the word itself when a newer version of the app wrote it. */
export function word(words: Readonly<Record<string, string>>, key: string): string {
  return words[key] ?? key;
}

export const notDoneReasons: Words<NotDoneReason> = catalogue(
  { declined: 'Ville inte', not_needed: 'Behövdes inte', no_time: 'Hann inte', other: 'Annat' },
  { declined: 'Declined', not_needed: 'Not needed', no_time: 'No time', other: 'Other' },
);

export const notCarriedOutReasons: Words<NotCarriedOutReason> = catalogue(
  {
    declined: 'Ville inte ha besök', nobody_opens: 'Ingen öppnar', in_hospital: 'På sjukhus', away: 'Bortrest eller ute',
    no_time: 'Hann inte', colleague_did_it: 'En kollega gjorde det',
  },
  {
    declined: 'Declined the visit', nobody_opens: 'Nobody opens', in_hospital: 'In hospital', away: 'Away from home',
    no_time: 'No time', colleague_did_it: 'A colleague did it',
  },
);

export const pauseCauses: Words<PauseCause> = catalogue(
  { alarm: 'Larm', other: 'Annat' },
  { alarm: 'Alarm', other: 'Other' },
);

export const unplannedCauses: Words<UnplannedCause> = catalogue(
  { alarm: 'Larm', asked: 'Någon bad om det', other: 'Annat' },
  { alarm: 'Alarm', asked: 'Someone asked', other: 'Other' },
);

export const otherTimeKinds: Words<OtherTimeKind> = catalogue(
  { travel: 'Resa', meeting: 'Möte', documentation: 'Dokumentation', keys: 'Nycklar', other: 'Annat' },
  { travel: 'Travel', meeting: 'Meeting', documentation: 'Documentation', keys: 'Keys', other: 'Other' },
);

export const lateReasons: Words<LateReason> = catalogue(
  { previous_visit: 'Förra besöket tog längre tid', traffic: 'Trafik', alarm: 'Larm', key: 'Nyckel', other: 'Annat' },
  { previous_visit: 'The visit before took longer', traffic: 'Traffic', alarm: 'Alarm', key: 'Key', other: 'Other' },
);

export const toldOutcomes: Words<ToldOutcome> = catalogue(
  { told: 'Fick besked', no_answer: 'Svarar inte', message_left: 'Meddelande lämnat', office_asked: 'Kontoret ringer' },
  { told: 'Was told', no_answer: 'No answer', message_left: 'Message left', office_asked: 'The office calls' },
);

export const incidentKinds: Words<IncidentKind> = catalogue(
  {
    fall: 'Fall', medicine: 'Medicin', missed_visit: 'Missat besök', theft: 'Stöld', threat: 'Hot', abuse: 'Övergrepp',
    damage: 'Något gick sönder', other: 'Annat',
  },
  {
    fall: 'Fall', medicine: 'Medicine', missed_visit: 'Missed visit', theft: 'Theft', threat: 'Threat', abuse: 'Abuse',
    damage: 'Something broke', other: 'Other',
  },
);

export const policeReports: Words<PoliceReport> = catalogue(
  { reported: 'Anmält', head_reports: 'Chefen anmäler', not_known: 'Vet inte' },
  { reported: 'Reported', head_reports: 'The unit head reports it', not_known: 'I do not know' },
);

export const deliveries: Words<Delivery> = machineCatalogue(
  { on_phone: 'På telefonen', on_server: 'På servern', at_office: 'Hos kontoret', refused: 'Togs inte emot' },
  { on_phone: 'On this phone', on_server: 'On the server', at_office: 'At the office', refused: 'Refused' },
);

export const visitStates: Words<VisitState> = catalogue(
  { planned: 'Planerat', running: 'Pågår', paused: 'Pausat', done: 'Klart', not_carried_out: 'Inte utfört', cancelled: 'Inställt' },
  { planned: 'Planned', running: 'Under way', paused: 'Paused', done: 'Done', not_carried_out: 'Not carried out', cancelled: 'Cancelled' },
);

export const visitFlags: Words<VisitFlag> = catalogue(
  {
    begun_though_cancelled: 'Påbörjat fast det är inställt', begun_though_moved: 'Påbörjat fast det är flyttat',
    plan_changed: 'Planen ändrades efter att besöket började',
    ended_with_open_items: 'Avslutat med öppna insatser', clash: 'Planen har två svar', dispute: 'Ni har sagt olika',
    unplanned: 'Oplanerat', unknown_recipient: 'Kontoret kopplar besöket till rätt person',
    begun_though_not_carried_out: 'Både utfört och inte utfört', newer_fact: 'Har en uppgift från en nyare app',
    decided: 'Kontoret har avgjort',
  },
  {
    begun_though_cancelled: 'Begun though cancelled', begun_though_moved: 'Begun though moved',
    plan_changed: 'The plan changed after the visit began',
    ended_with_open_items: 'Ended with open interventions', clash: 'The plan has two answers', dispute: 'You have said different things',
    unplanned: 'Unplanned', unknown_recipient: 'The office matches the visit to the right person',
    begun_though_not_carried_out: 'Both carried out and not', newer_fact: 'Has something from a newer app',
    decided: 'The office has decided',
  },
);

export const changeKinds: Words<ChangeKind> = catalogue(
  { new: 'Nytt', moved: 'Flyttat', cancelled: 'Inställt', restored: 'Gäller igen', removed: 'Inte ditt längre', changed: 'Ändrat' },
  { new: 'New', moved: 'Moved', cancelled: 'Cancelled', restored: 'On again', removed: 'No longer yours', changed: 'Changed' },
);

export const roles: Words<Role> = catalogue(
  { carer: 'Omsorgspersonal', planner: 'Samordnare', administrator: 'Administratör', unit_head: 'Enhetschef' },
  { carer: 'Carer', planner: 'Planner', administrator: 'Administrator', unit_head: 'Unit head' },
);

export const interventionGroups: Words<InterventionGroup> = catalogue(
  {
    personal_care: 'Omvårdnad', service: 'Service', health_task: 'Hälso- och sjukvård', alarm: 'Larm', respite: 'Avlösning',
    escort: 'Ledsagning',
  },
  {
    personal_care: 'Personal care', service: 'Service', health_task: 'Health task', alarm: 'Alarm', respite: 'Respite',
    escort: 'Escort',
  },
);

export const keyKinds: Words<KeyKind> = catalogue(
  { home: 'Bostadsnyckel', alarm: 'Larmnyckel', entrance: 'Portnyckel', cabinet: 'Skåpnyckel' },
  { home: 'Home key', alarm: 'Alarm key', entrance: 'Entrance key', cabinet: 'Cabinet key' },
);

/** Why a fact is of another time than the one it was entered at, where the app says it and not the person. */
export const timeReasons = catalogue(
  { planned: 'som planerat', moved: 'starten kom från ett annat besök' },
  { planned: 'as planned', moved: 'the start came from another visit' },
);

/** The kinds of facts, as a person reads them in a list of what happened. */
export const factKinds = catalogue(
  {
    begun: 'Oplanerat besök', started: 'Startade', ended: 'Avslutade', paused: 'Pausade', resumed: 'Fortsatte', done: 'Gjord',
    not_done: 'Inte gjord', extra: 'Extra insats', note: 'Anteckning', not_carried_out: 'Besöket inte utfört',
    moved: 'Flyttade starten', late: 'Sen ankomst', told: 'Besked', shift_started: 'Började passet',
    shift_ended: 'Avslutade passet', break_started: 'Rast började', break_ended: 'Rast slutade', other_time: 'Kringtid',
    acknowledged: 'Läste ändringar', shown: 'Portkod visad', submitted: 'Avvikelse inskickad', text: 'Utkast', added: 'Tillägg',
    read: 'Öppnade', withdrawn: 'Ångrade', settled: 'Kontoret avgjorde', chosen: 'Kontoret valde', adopted: 'Kontoret tog över',
    put_aside: 'Lades undan', plan: 'Ändrad plan', taken: 'Tog ut', returned: 'Lämnade tillbaka', given: 'Lämnade över',
    received: 'Tog emot', not_there: 'Fanns inte', counted: 'Räknade', missing: 'Saknades vid räkning', lost: 'Tappad',
    lost_step: 'Åtgärd för tappad nyckel', found: 'Hittad', damaged: 'Skadad', lent: 'Utlånad', lock_changed: 'Låset bytt',
    tag_retired: 'Brickan avslutad', key_noted: 'Anteckning om nyckel',
  },
  {
    begun: 'Unplanned visit', started: 'Started', ended: 'Ended', paused: 'Paused', resumed: 'Resumed', done: 'Done',
    not_done: 'Not done', extra: 'Extra intervention', note: 'Note', not_carried_out: 'Visit not carried out',
    moved: 'Moved the start', late: 'Running late', told: 'Told', shift_started: 'Began the shift', shift_ended: 'Ended the shift',
    break_started: 'Break began', break_ended: 'Break ended', other_time: 'Other time', acknowledged: 'Read changes',
    shown: 'Door code shown', submitted: 'Incident submitted', text: 'Draft', added: 'Addition', read: 'Opened',
    withdrawn: 'Took back', settled: 'The office settled', chosen: 'The office chose', adopted: 'The office took over',
    put_aside: 'Put aside', plan: 'Changed plan', taken: 'Took', returned: 'Put back', given: 'Handed over',
    received: 'Was handed', not_there: 'Was not there', counted: 'Counted', missing: 'Missing at a count', lost: 'Lost',
    lost_step: 'Step for a lost key', found: 'Found', damaged: 'Damaged', lent: 'Lent', lock_changed: 'Lock changed',
    tag_retired: 'Tag retired', key_noted: 'Note on a key',
  },
);
