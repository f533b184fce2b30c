import { catalogue, machineCatalogue, plural } from '../i18n/catalogue.svelte';

export const texts = catalogue(
  {
    day: 'Dagen',
    keys: 'Nycklar',
    report: 'Rapportera',
    more: 'Mer',
    menu: 'Huvudmeny',
    back: 'Tillbaka',
    undo: 'Ångra',
    undone: 'Ångrat',
    close: 'Stäng',
    cancel: 'Avbryt',
    retry: 'Försök igen',
    loading: 'Hämtar …',
    otherLanguage: 'English',
    troubleTitle: 'En del av det som ligger på den här telefonen går inte att öppna.',
    troubleNumber: (vault: string) => `Säg det här numret till kontoret, som ser vem det gäller: ${vault}`,
    unknownPage: 'Den sidan finns inte.',
    toDay: 'Till Dagen',
  },
  {
    day: 'Today',
    keys: 'Keys',
    report: 'Report',
    more: 'More',
    menu: 'Main menu',
    back: 'Back',
    undo: 'Undo',
    undone: 'Undone',
    close: 'Close',
    cancel: 'Cancel',
    retry: 'Try again',
    loading: 'Loading …',
    otherLanguage: 'Svenska',
    troubleTitle: 'Some of what lies on this phone cannot be opened.',
    troubleNumber: (vault: string) => `Tell the office this number, by which they see who it is: ${vault}`,
    unknownPage: 'There is no such page.',
    toDay: 'To today',
  },
);

/** What is said when a damaged store was mended. */
export const mendedTexts = machineCatalogue(
  {
    whole: (at: string) => `Det som är sparat på telefonen var skadat (${at}) och är lagat. Inget av ditt gick förlorat.`,
    lost: (at: string, count: number) =>
      `Det som är sparat på telefonen var skadat (${at}). ${count} ${plural(count, 'sak som inte var skickad', 'saker som inte var skickade')} gick inte att läsa.`,
    some: (at: string) => `Det som är sparat på telefonen var skadat (${at}). En del som inte var skickat gick kanske inte att läsa.`,
    look: 'Se efter att det du gjorde finns med, och gör annars om det. Det som gick att se att det saknas står under det som inte togs emot.',
    kept: 'Den skadade filen finns kvar på telefonen. Säg till kontoret.',
    seen: 'Jag har läst det',
  },
  {
    whole: (at: string) => `What is saved on this phone was damaged (${at}) and has been mended. Nothing of yours was lost.`,
    lost: (at: string, count: number) =>
      `What is saved on this phone was damaged (${at}). ${count} ${plural(count, 'thing that was', 'things that were')} not sent yet could not be read.`,
    some: (at: string) => `What is saved on this phone was damaged (${at}). Some of what was not sent yet may not have been readable.`,
    look: 'Check that what you did is there, and else do it again. What is known to be missing is listed with what was refused.',
    kept: 'The damaged file is kept on this phone. Tell the office.',
    seen: 'I have read it',
  },
);
