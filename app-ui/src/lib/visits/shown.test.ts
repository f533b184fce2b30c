import { expect, test } from 'vitest';

import type { Partner } from '../api/generated';
import { aDay, at, item } from '../api/fake/world';
import { lateReadWords, lateWords, mayBeAtDoor, partnerWords, place, planWords, savedWords, sentence, statementWords, stateWords, worked } from './shown';

const partner: Partner = {
  name: 'Fatima Nordin', given_name: 'Fatima', state: 'here', at: at('09:04'), heard: at('09:15'), last_done: 'Frukost',
  last_done_at: at('09:15'),
};

test('names become one sentence, and a place has its floor', () => {
  expect(sentence(['Dusch', 'Frukost', 'Bäddning'])).toBe('Dusch, frukost, bäddning');
  expect([place({ address: 'Skidvägen 4', floor: '2 tr' }), place({ address: 'Skidvägen 4', floor: '' })]).toEqual(['Skidvägen 4, 2 tr', 'Skidvägen 4']);
});

test('the partner is always told as of when', () => {
  const { who, rest } = partnerWords(partner);
  expect(`${who} ${rest}`).toBe('Fatima är här (sågs 09:15). Gjorde Frukost 09:15.');
});

test('a partner nothing is known of is not said to be anywhere', () => {
  const { who, rest } = partnerWords({ ...partner, state: 'unknown', at: null, last_done: null });
  expect(`${who} ${rest}`).toBe('Med Fatima. Har inte börjat, såvitt telefonen visste 09:15.');
});

test('an intervention says who did it and when, or why not', () => {
  const done = { ...item('Dusch'), state: 'done', at: at('09:12') } as const;
  expect(stateWords(done)).toBe('09:12 av dig');
  expect(stateWords({ ...done, by: 'Fatima' })).toBe('09:12 av Fatima');
  expect(stateWords({ ...done, state: 'not_done', reason: 'declined' })).toBe('Inte gjord: ville inte · 09:12 av dig');
  expect(stateWords(item('Dusch'))).toBe('');
});

test('a late notice says whether the recipient knows', () => {
  const late = { expected: at('10:10'), reason: 'traffic', told: null, told_at: null, read_by: null, read_at: null } as const;
  expect(lateWords(late)).toBe('10:10 · har inte fått besked');
  expect(lateWords({ ...late, told: 'told' })).toBe('10:10 · fick besked');
  expect(lateReadWords(late)).toBe('Ingen på kontoret har öppnat meddelandet ännu');
  expect(lateReadWords({ ...late, read_by: 'Eva Ström', read_at: at('09:31') })).toBe('Läst av Eva Ström 09:31');
});

test('what is saved says honestly how far it has come', () => {
  expect(savedWords(at('09:22'), 'on_phone')).toBe('Sparat på telefonen 09:22 · skickas när det finns nät');
  expect(savedWords(at('09:22'), 'at_office')).toBe('Sparat 09:22 · hos kontoret');
});

test('she may be at the door until something is done there', () => {
  const shown = (['planned', 'running', 'paused', 'done'] as const).map((state) => mayBeAtDoor({ state, done_items: 0 }));
  expect(shown).toEqual([true, true, false, false]);
  expect(mayBeAtDoor({ state: 'running', done_items: 1 })).toBe(false);
});

test('worked time is from the first start to the last end', () => {
  const [first] = aDay().visits;
  expect(first && worked(first.card)).toBe('07:04–07:26');
});

test('a dispute says what each states, in words', () => {
  const side = { by: 'Fatima Nordin', at: at('09:15'), value: 'not_done', shown: 'declined', fact: 'f' };
  expect(statementWords(side)).toBe('Fatima Nordin: inte gjord, ville inte');
  expect(statementWords({ ...side, value: 'done', shown: '' })).toBe('Fatima Nordin: gjord');
  expect(statementWords({ ...side, value: 'not_carried_out', shown: 'in_hospital' })).toBe('Fatima Nordin: besöket inte utfört, på sjukhus');
});

test('a clash says what each put in the plan, also when that is nothing', () => {
  const side = { by: 'Eva Ström', at: at('09:15'), value: '', shown: '', fact: null };
  expect(planWords({ register: 'slot/1', sides: [] }, side)).toBe('Eva Ström: ingen ännu');
  expect(planWords({ register: 'cancelled', sides: [] }, side)).toBe('Eva Ström: gäller');
  expect(planWords({ register: 'when', sides: [] }, { ...side, shown: '10:20–11:00' })).toBe('Eva Ström: 10:20–11:00');
  expect(planWords({ register: 'when', sides: [] }, { ...side, by: '', shown: '10:20–11:00' })).toBe('Import: 10:20–11:00');
});
