import type { ErrorCode } from './api/generated';
import { machineCatalogue } from './i18n/catalogue.svelte';

/** What happened and what to do, for each code that the device can answer with. */
export const errorTexts: Readonly<Record<ErrorCode, string>> = machineCatalogue(
  {
    not_enrolled: 'Telefonen är inte ansluten till någon enhet. Anslut den med en kod från kontoret.',
    code_refused: 'Koden gäller inte. Den kan vara använd eller äldre än 10 minuter. Be kontoret om en ny.',
    offline: 'Servern går inte att nå just nu. Kontrollera nätet och försök igen.',
    server_trouble: 'Servern svarar inte som den ska. Försök igen om en stund. Hör av dig till kontoret om det inte hjälper.',
    too_many_attempts: 'För många försök med fel kod härifrån. Vänta en minut och försök igen.',
    not_found: 'Det finns inte på telefonen längre.',
    bad_input: 'Något stämmer inte i det du skrev. Kontrollera tid och text och försök igen.',
    not_allowed: 'Det får du inte göra med ditt uppdrag. Hör av dig till kontoret.',
    no_run_sheet: 'Du har inget arbetskort att notera det på, så koden visas inte. Ring kontoret, så får du den.',
    disk_full: 'Telefonens minne är fullt, så det sparades inte. Ta bort något annat från telefonen och försök igen.',
    newer_store: 'Uppgifterna på telefonen är sparade av en nyare version av appen. Uppdatera appen.',
    key_missing: 'Nyckeln till telefonens uppgifter saknas eller passar inte. Hör av dig till kontoret.',
    damaged: 'Det som ligger på telefonen är så skadat att det inte går att läsa. Filen finns kvar på telefonen. Be kontoret om en ny kod och anslut telefonen på nytt.',
    changed_since: 'Någon har ändrat det sedan dess, så det går inte att ångra. Se efter vad som gäller nu.',
    key_store: 'Telefonens förråd för lösenord svarar inte, och där ligger nyckeln till dina uppgifter. Lås upp det eller logga in igen, och försök sedan en gång till.',
    directory: 'Appen kommer inte åt mappen med dina uppgifter. Kontrollera att den går att läsa och skriva i, och försök igen.',
    internal: 'Något gick fel i appen, så det sparades inte. Försök igen. Hör av dig till kontoret om det inte hjälper.',
  },
  {
    not_enrolled: 'This phone is not connected to a unit. Connect it with a code from the office.',
    code_refused: 'The code is not valid. It may have been used or be older than 10 minutes. Ask the office for a new one.',
    offline: 'The server cannot be reached right now. Check the network and try again.',
    server_trouble: 'The server does not answer as it should. Try again in a while. Tell the office if it does not help.',
    too_many_attempts: 'Too many attempts with a wrong code from here. Wait a minute and try again.',
    not_found: 'It is not on this phone any more.',
    bad_input: 'Something you wrote does not fit. Check time and text and try again.',
    not_allowed: 'Your role does not allow that. Talk to the office.',
    no_run_sheet: 'You have no run sheet to record it on, so the code is not shown. Call the office, and they will tell you.',
    disk_full: 'The phone is full, so it was not saved. Remove something else from the phone and try again.',
    newer_store: 'The data on this phone was saved by a newer version of the app. Update the app.',
    key_missing: 'The key to the data on this phone is missing or does not fit. Tell the office.',
    damaged: 'What lies on this phone is too damaged to be read. The file is kept on the phone. Ask the office for a new code and connect the phone anew.',
    changed_since: 'Someone has changed it since, so it cannot be undone. Look at what holds now.',
    key_store: 'The password store of this phone does not answer, and it holds the key to your data. Unlock it or log in again, then try once more.',
    directory: 'The app cannot reach the folder with your data. Check that it can be read and written, then try again.',
    internal: 'Something went wrong in the app, so it was not saved. Try again. Tell the office if it does not help.',
  },
);
