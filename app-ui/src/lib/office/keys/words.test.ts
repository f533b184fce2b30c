import { afterEach, describe, expect, test } from 'vitest';

import type { CountLine, KeyFactLine, KeyLine, KeyNote, KeySide, MissingRow } from '../../api/generated';
import { speak } from '../../i18n/catalogue.svelte';
import { lostSteps } from './texts';
import {
  answers, byDay, deed, difference, factWords, goesTo, isAsked, isBackwards, keepFromRetiring, marks, near, nextStep, noteWords, progress,
  readCopies, registerShown, sideWords, struckWords, where,
} from './words';

const NINE = Date.UTC(2026, 10, 21, 8) / 1000;
const TODAY = '2026-11-21';
const DAY = 86_400;

const line: KeyLine = {
  key: 'k', copy: 1, tag: 'V-095', kind: 'home', homes: ['Skidvägen 18'], cabinet: 'Västertorp', hook: '31', place: 'cabinet',
  where_text: 'Västertorp', person: null, name: '', telephone: '', to: null, to_name: '', since: NINE, flags: [], sides: [],
  lost_step: null, lost_steps: 7, lost_done: [], own_fact: null,
};
const anna: KeySide = { fact: 'a', by: 'Anna Karlsson', telephone: '', is_me: false, what: 'taken', at: NINE, overrules: ['j', 'r'] };
const jonas: KeySide = { fact: 'j', by: 'Jonas Wiklund', telephone: '', is_me: false, what: 'taken', at: NINE + 60, overrules: ['a'] };
const eva: KeySide = { fact: 'e', by: 'Eva Ström', telephone: '', is_me: true, what: 'counted', at: NINE + 90, overrules: ['a', 'j'] };
const counting: CountLine = { line, is_expected: true, counted: null };

afterEach(() => speak('sv'));

describe('where a key is', () => {
  test('is said in words for every place', () => {
    const places: Partial<KeyLine>[] = [
      {}, { where_text: 'Fruängen' }, { place: 'with', name: 'Erik' }, { place: 'given', name: 'Erik', to_name: 'Sara' },
      { place: 'received', name: 'Erik', to_name: 'Sara' }, { place: 'missing' }, { place: 'lost', where_text: '' },
      { place: 'lent', where_text: 'Låsteknik AB' }, { place: 'retired', where_text: '' },
    ];
    expect(places.map((place) => where({ ...line, ...place }))).toEqual([
      'Skåp Västertorp, krok 31', 'Skåp Fruängen', 'Erik', 'Erik lämnar över till Sara', 'Sara har fått den av Erik',
      'saknas i skåp Västertorp', 'borttappad', 'utlånad till Låsteknik AB', 'brickan är avslutad',
    ]);
  });

  test('names the kind where it is no home key', () => {
    expect(goesTo(line)).toBe('Skidvägen 18');
    expect(goesTo({ kind: 'alarm', homes: ['Sedelvägen 3'] })).toBe('larm · Sedelvägen 3');
    expect(goesTo({ kind: 'cabinet', homes: [] })).toBe('skåp');
  });

  test('is since a time that is near', () => {
    expect([NINE, NINE - DAY, NINE + DAY, NINE - 3 * DAY].map((at) => near(at, TODAY))).toEqual(['09:00', 'i går 09:00', 'i morgon 09:00', 'ons 18 nov 09:00']);
    expect([NINE - 368 * DAY, NINE + 41 * DAY].map((at) => near(at, TODAY))).toEqual(['tis 18 nov 2025 09:00', 'fre 1 jan 2027 09:00']);
    expect([near(NINE + 40 * DAY, '2027-01-01'), near(NINE + 39 * DAY, '2027-01-01')]).toEqual(['i går 09:00', 'ons 30 dec 2026 09:00']);
  });
});

test('each mark has a colour and words, and a lost key its step', () => {
  const shown = marks({ flags: ['disputed', 'out_overnight', 'lost'], lost_step: 3, lost_steps: 7 });
  expect(shown.map(({ tone, word }) => [tone, word])).toEqual([['bad', 'Två uppgifter'], ['warn', 'Ute över natten'], ['bad', 'Borttappad · steg 3 av 7']]);
});

describe('a dispute', () => {
  test('is settled against what cannot hold with a side, or against all', () => {
    expect(answers([anna, jonas, eva], TODAY)).toEqual([
      { word: 'Anna Karlsson hade den', facts: ['j', 'r'] }, { word: 'Jonas Wiklund hade den', facts: ['a'] },
      { word: 'Den hänger i skåpet: Eva Ström räknade den', facts: ['a', 'j'] }, { word: 'Ingen av dem', facts: ['a', 'j', 'e'] },
    ]);
    const others = ['returned', 'lost'].map((what, at) => ({ ...jonas, fact: what, what, overrules: [`${at}`] }));
    expect(answers(others, TODAY).map(({ word }) => word)).toEqual(['Jonas Wiklund hängde tillbaka den', 'Jonas Wiklund har rätt', 'Ingen av dem']);
  });

  test('has no two answers in the same words', () => {
    const again: KeySide = { ...jonas, fact: 'j2', at: NINE - DAY, overrules: ['a', 'j'] };
    expect(answers([anna, jonas, again], TODAY).map(({ word }) => word)).toEqual([
      'Anna Karlsson hade den', 'Jonas Wiklund hade den, 09:01', 'Jonas Wiklund hade den, i går 09:00', 'Ingen av dem',
    ]);
  });

  test('says what an answer strikes where that does not go without saying', () => {
    const fact = ({ fact: id, by, what, at }: KeySide): KeyFactLine => ({
      fact: id, what, copy: 1, name: by, entered_by: '', at, clock: at, received_at: at, detail: '', text: '', flags: [], is_void: false,
    });
    const given: KeySide = { ...jonas, fact: 'g', what: 'given', at: NINE + 120 };
    const history = [given, eva, jonas, anna].map(fact);
    const struck = (sides: KeySide[]) => answers(sides, TODAY).map((answer) => struckWords(answer, sides, history, TODAY));
    expect(struck([{ ...anna, overrules: ['j'] }, jonas])).toEqual(['', '', '']);
    expect(struck([{ ...anna, overrules: ['e', 'j'] }, jonas, eva])).toEqual([
      'Jonas Wiklund tog ut 09:01, Eva Ström såg den i skåpet 09:01', 'Anna Karlsson tog ut 09:00', 'Anna Karlsson tog ut 09:00, Jonas Wiklund tog ut 09:01', '',
    ]);
    expect(struck([{ ...anna, overrules: ['j', 'g'] }, jonas])).toEqual(['Jonas Wiklund tog ut 09:01, Jonas Wiklund lämnade över 09:02', '', '']);
  });

  test('has no answer for a side that cannot hold, and one for sides that overrule the same', () => {
    const gone: KeySide = { ...anna, fact: 'g', what: 'given', overrules: ['r', 'j'] };
    const impossible: KeySide = { ...eva, overrules: [] };
    expect(answers([anna, impossible, gone], TODAY).map(({ word }) => word)).toEqual(['Anna Karlsson hade den', 'Ingen av dem']);
    expect(answers([impossible], TODAY)).toEqual([{ word: 'Ingen av dem', facts: ['e'] }]);
  });

  test('says what each states', () => {
    expect([sideWords(anna, TODAY), sideWords({ ...eva, what: 'teleported' }, TODAY)]).toEqual(['tog ut 09:00', 'teleported 09:01']);
  });
});

describe('what someone did', () => {
  test('reads as a sentence after her name', () => {
    expect(deed({ what: 'taken', detail: 'Västertorp' })).toBe('tog ut ur skåp Västertorp');
    expect(deed({ what: 'taken', detail: 'Skåp 2' })).toBe('tog ut ur skåp 2');
    expect(deed({ what: 'lost_step', detail: 'searched' })).toBe('noterade: sökt');
    expect(deed({ what: 'found', detail: '' })).toBe('hittade den');
    speak('en');
    expect(deed({ what: 'given', detail: 'Sara' })).toBe('handed it to Sara');
  });

  test('of a newer kind is shown as it is', () => {
    expect(deed({ what: 'teleported', detail: 'home' })).toBe('teleported home');
  });
});

describe('a lost key', () => {
  test('goes on with the first step that was not taken since it was lost', () => {
    expect([nextStep([]), nextStep(['told']), nextStep(['told', 'reported'])]).toEqual(['told', 'searched', 'searched']);
  });

  test('has no step left when all are taken', () => {
    expect(nextStep(['told', 'searched', 'reported', 'decided', 'replaced', 'closed'])).toBeNull();
  });

  test('has steps that say what the signed log says', () => {
    const steps = ['told', 'searched', 'reported', 'decided', 'replaced', 'closed'] as const;
    expect(steps.map((step) => lostSteps[step])).toEqual([
      'Chef och brukare har fått veta', 'Sökt', 'Polisanmälan gjord eller inte aktuell', 'Låsbyte och kostnad beslutade',
      'Ny nyckel finns eller behövs inte', 'Avslutat',
    ]);
    speak('en');
    expect(steps.map((step) => lostSteps[step])).toEqual([
      'Unit head and recipient told', 'Searched for', 'Police report made or not called for', 'Lock change and cost decided',
      'New key exists or is not needed', 'Closed',
    ]);
  });
});

test('a tag is not retired while someone has a copy or two contradict each other about one', () => {
  const copies: KeyLine[] = [
    line, { ...line, place: 'lent' }, { ...line, place: 'lost' }, { ...line, tag: 'V-095/2', place: 'with', name: 'Erik' },
    { ...line, tag: 'V-095/3', place: 'received', name: 'Erik', to_name: 'Sara' }, { ...line, tag: 'V-095/4', sides: [anna, jonas] },
  ];
  expect(keepFromRetiring(copies)).toEqual([
    'V-095/2: Erik har den. Den måste komma tillbaka eller anmälas borttappad innan brickan kan avslutas.',
    'V-095/3: Sara har fått den av Erik. Den måste komma tillbaka eller anmälas borttappad innan brickan kan avslutas.',
    'V-095/4: avgör först uppgifterna om den. Sedan kan brickan avslutas.',
  ]);
});

test('what a carer noted of a key is told by what it is about', () => {
  const note: KeyNote = { fact: 'n', at: NINE, name: 'Erik', tag: 'L-004', key: 'k', what: 'alarm', for_name: 'Nils Palm', alarmed_at: NINE - 120, text: '' };
  const kept: KeyNote = { ...note, what: 'kept', for_name: '', alarmed_at: null, text: 'Nattpasset tar över.' };
  const words = () => [
    note, { ...note, alarmed_at: NINE - DAY }, { ...note, for_name: '' }, kept, { ...kept, what: 'unknown_tag' as const, text: 'Lade den på kontoret.' },
  ].map((each) => noteWords(each, TODAY));
  expect(words()).toEqual([
    'Larm hos Nils Palm kl. 08:58', 'Larm hos Nils Palm i går 09:00', 'Larm kl. 08:58', 'Behöll nyckeln vid passets slut: ”Nattpasset tar över.”',
    'Bricka som inte finns i registret eller är avslutad: ”Lade den på kontoret.”',
  ]);
  speak('en');
  expect(words()[0]).toBe('Alarm at Nils Palm’s at 08:58');
});

describe('a count', () => {
  test('asks for what should hang there, and only mentions what someone has', () => {
    const places: Partial<KeyLine>[] = [{}, { place: 'missing' }, { place: 'with' }, { place: 'lent' }, { where_text: 'Fruängen' }, { sides: [anna, jonas] }];
    expect(places.map((place) => isAsked({ ...counting, line: { ...line, ...place } }, 'Västertorp'))).toEqual([true, true, false, false, false, false]);
    expect(isAsked({ ...counting, is_expected: false, line: { ...line, cabinet: 'Fruängen' } }, 'Västertorp')).toBe(true);
    expect(isAsked({ ...counting, is_expected: false, line: { ...line, cabinet: 'Fruängen', place: 'missing' } }, 'Västertorp')).toBe(true);
  });

  test('goes on as before when a copy is counted that someone has, also one of another cabinet', () => {
    const asked: CountLine[] = [{ ...counting, counted: true }, counting];
    const disputed: CountLine = { line: { ...line, place: 'with', sides: [anna, eva] }, is_expected: true, counted: true };
    expect(progress([...asked, { ...disputed, counted: null, line: { ...line, place: 'with' } }], 'Västertorp')).toEqual({ counted: 1, asked: 2 });
    expect(progress([...asked, disputed, { ...disputed, is_expected: false }], 'Västertorp')).toEqual({ counted: 1, asked: 2 });
  });

  test('finds what differs', () => {
    expect(difference(counting)).toBeNull();
    expect(difference({ ...counting, counted: true })).toBeNull();
    expect(difference({ ...counting, counted: false })).toBe('missing');
    expect(difference({ ...counting, counted: false, is_expected: false })).toBe('missing');
    expect(difference({ ...counting, counted: true, line: { ...line, sides: [anna, eva] } })).toBe('out');
    expect(difference({ ...counting, counted: true, is_expected: false, line: { ...line, sides: [anna, eva] } })).toBe('out');
    expect(difference({ ...counting, counted: true, is_expected: false })).toBe('wrong');
  });
});

test('what will be missing is told by day and time', () => {
  const row: MissingRow = { key: 'k', tag: 'V-1', day: '2026-11-23', person: 'p', name: '', visit: 'v', visit_name: '', start: 2, holder_name: '', hand_over: null };
  const days = byDay([row, { ...row, tag: 'V-2', start: 1 }, { ...row, tag: 'V-3', day: '2026-11-22' }]);
  expect(days.map(({ day, rows }) => [day, rows.map(({ tag }) => tag)])).toEqual([['2026-11-22', ['V-3']], ['2026-11-23', ['V-2', 'V-1']]]);
});

test('a place that two people changed reads as a place', () => {
  expect(registerShown('place', '{"cabinet":"Fruängen","hook":"81"}', '')).toBe('Skåp Fruängen, krok 81');
  expect([registerShown('copies', '3', ''), registerShown('kind', '"home"', 'home'), registerShown('place', 'null', ''), registerShown('x', '{', '')]).toEqual(['3', 'home', 'inget', 'inget']);
});

test('what the office chose reads as what it chose', () => {
  const chosen = (detail: string, text: string) => factWords({ what: 'chosen', detail, text });
  expect([chosen('place', '{"cabinet":"Fruängen","hook":"81"}'), chosen('kind', '"alarm"'), chosen('copies', '2'), chosen('', '')]).toEqual(['Skåp Fruängen, krok 81', 'Larmnyckel', '2', '']);
  expect(factWords({ what: 'damaged', detail: '', text: 'Böjd.' })).toBe('Böjd.');
});

test('what is typed is a number of copies, and a period that does not run backwards', () => {
  expect(['1', ' 20 ', '0', '21', '2.5', ''].map(readCopies)).toEqual([1, 20, null, null, null, null]);
  expect(isBackwards({ from: '2026-11-22', to: '2026-11-21' })).toBe(true);
  expect(isBackwards({ from: '2026-11-21', to: '2026-11-21' })).toBe(false);
  expect(isBackwards({ from: null, to: '2026-11-21' })).toBe(false);
});
