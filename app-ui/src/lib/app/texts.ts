import { catalogue } from '../i18n/catalogue.svelte';

export const texts = catalogue(
  {
    day: 'Dagen',
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
    unknownPage: 'Den sidan finns inte.',
    toDay: 'Till Dagen',
  },
  {
    day: 'Today',
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
    unknownPage: 'There is no such page.',
    toDay: 'To today',
  },
);
