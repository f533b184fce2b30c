import { afterEach, expect, test } from 'vitest';

import { errorTexts } from './errors';
import { runOn, speak } from './i18n/catalogue.svelte';
import { describe } from './more/record';
import { texts as more } from './more/texts';
import { texts as recipients } from './recipients/texts';
import { chipWords } from './sync/words';
import * as lists from './words';

afterEach(() => {
  speak('sv');
  runOn('phone');
});

test('a word of a newer app is shown as it is', () => {
  expect([lists.word(lists.lateReasons, 'traffic'), lists.word(lists.lateReasons, 'snow')]).toEqual(['Trafik', 'snow']);
});

test('texts follow the language', () => {
  speak('en');
  expect([lists.lateReasons.traffic, errorTexts.offline.slice(0, 10)]).toEqual(['Traffic', 'The server']);
});

test('a desktop calls itself a computer, in both languages, and a telephone number stays one', () => {
  runOn('computer');
  expect(errorTexts.not_found).toBe('Det finns inte på datorn längre.');
  expect(errorTexts.key_missing.slice(0, 25)).toBe('Nyckeln till datorns uppg');
  expect([lists.deliveries.on_phone, more.people, recipients.telephone]).toEqual(['På datorn', 'Personer på datorn', 'Telefon']);
  speak('en');
  expect(errorTexts.disk_full).toBe('The computer is full, so it was not saved. Remove something else from the computer and try again.');
  expect(recipients.telephone).toBe('Telephone');
});

test('Swedish says "inte" and never "ej"', () => {
  const sources = import.meta.glob<string>(['./**/texts.ts', './words.ts', './errors.ts'], { query: '?raw', import: 'default', eager: true });
  expect(Object.keys(sources).length).toBeGreaterThan(8);
  const wrong = Object.entries(sources).filter(([, text]) => /\bej\b/i.test(text)).map(([path]) => path);
  expect(wrong).toEqual([]);
});

test('the chip is honest about what is not sent', () => {
  const chip = { state: 'offline', unsent: 1, refused: 0, heard: null, percent: null } as const;
  expect(chipWords(chip)).toEqual({ look: 'waiting', words: '1 inte skickad' });
  expect(chipWords({ ...chip, unsent: 3 }).words).toBe('3 inte skickade');
  expect(chipWords({ ...chip, unsent: 0 }).words).toBe('Inget nät');
  expect(chipWords({ ...chip, state: 'up_to_date', unsent: 0 })).toEqual({ look: 'sent', words: 'Allt är skickat' });
  expect(chipWords({ ...chip, state: 'up_to_date', unsent: 0, refused: 1 })).toEqual({ look: 'trouble', words: '1 togs inte emot' });
  expect(chipWords({ ...chip, state: 'working', refused: 2 }).words).toBe('2 togs inte emot');
  expect(chipWords({ ...chip, state: 'loading', percent: 40 }).words).toBe('Hämtar 40 %');
});

test('the app\'s own reasons for another time are said in the language of the screen, a person\'s as she wrote them', () => {
  const said = () => ['planned', 'moved', 'glömde trycka'].map((reason) => lists.word(lists.timeReasons, reason));
  expect(said()).toEqual(['som planerat', 'starten kom från ett annat besök', 'glömde trycka']);
  speak('en');
  expect(said()).toEqual(['as planned', 'the start came from another visit', 'glömde trycka']);
});

test('every list of facts says the reason by its word', () => {
  const lines = import.meta.glob<string>('./**/*.svelte', { query: '?raw', import: 'default', eager: true });
  const raw = Object.entries(lines).filter(([, text]) => /\((?:fact|line)\.at_reason\)/.test(text)).map(([path]) => path);
  expect(raw).toEqual([]);
  const untranslated = Object.entries(lines).filter(([, text]) => /\} min\b/.test(text)).map(([path]) => path);
  expect(untranslated).toEqual([]);
});

test('a stored fact is described with its reason', () => {
  const line = { fact: 'f', document: 'd', title: 'A', kind: 'not_done', about: 'Dusch', word: 'declined', text: '', by: 'L', on_behalf_of: null, at: 0, at_reason: '', entered: 0, received: null, superseded: false };
  expect(describe(line)).toBe('Inte gjord: Dusch, Ville inte');
  expect(describe({ ...line, kind: 'from_later', about: '', word: '' })).toBe('from_later');
});
