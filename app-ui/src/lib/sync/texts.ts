import type { Delivery } from '../api/generated';
import { machineCatalogue, plural } from '../i18n/catalogue.svelte';

export const texts = machineCatalogue(
  {
    title: 'Så långt har allt kommit',
    allSent: 'Allt är skickat',
    unsent: (count: number) => plural(count, '1 inte skickad', `${count} inte skickade`),
    refused: (count: number) => plural(count, '1 togs inte emot', `${count} togs inte emot`),
    refusedTitle: 'Togs inte emot',
    refusedSee: 'Jag har sett det',
    working: 'Skickar …',
    offline: 'Inget nät',
    loading: (percent: number) => `Hämtar ${percent} %`,
    trouble: 'Behöver hjälp',
    safe: 'Allt är sparat på telefonen. Du kan arbeta vidare utan nät.',
    onComputer: 'På datorn',
    heard: (time: string) => `Servern svarade senast ${time}.`,
    heardNever: 'Servern har inte svarat ännu.',
    next: (time: string) => `Nästa försök ${time}.`,
    now: 'Skicka nu',
    waiting: 'Väntar på att skickas',
    arrived: 'Har kommit fram',
    nothing: 'Inget väntar.',
    onPhoneHint: 'På telefonen: bara här ännu.',
    onServerHint: 'På servern: framme, men kontoret har inte hämtat det.',
    atOfficeHint: 'Hos kontoret: en dator på kontoret har det.',
    copy: 'Kopiera texten',
    copied: 'Kopierad',
    waitsForNet: 'Väntar på nät',
    pullHint: 'Släpp för att skicka och hämta',
    pulling: 'Dra ned för att skicka och hämta',
    first: 'Hämtar din dag',
    firstHint: 'Du kan börja när den första delen är här.',
  },
  {
    title: 'How far everything has come',
    allSent: 'All is sent',
    unsent: (count: number) => plural(count, '1 not sent', `${count} not sent`),
    refused: (count: number) => plural(count, '1 refused', `${count} refused`),
    refusedTitle: 'Refused',
    refusedSee: 'I have seen it',
    working: 'Sending …',
    offline: 'No network',
    loading: (percent: number) => `Loading ${percent} %`,
    trouble: 'Needs help',
    safe: 'All is saved on the phone. You can go on working without a network.',
    onComputer: 'On this computer',
    heard: (time: string) => `The server last answered ${time}.`,
    heardNever: 'The server has not answered yet.',
    next: (time: string) => `Next attempt ${time}.`,
    now: 'Send now',
    waiting: 'Waiting to be sent',
    arrived: 'Has arrived',
    nothing: 'Nothing is waiting.',
    onPhoneHint: 'On this phone: only here yet.',
    onServerHint: 'On the server: arrived, but the office has not fetched it.',
    atOfficeHint: 'At the office: a computer at the office has it.',
    copy: 'Copy the text',
    copied: 'Copied',
    waitsForNet: 'Waits for a network',
    pullHint: 'Let go to send and fetch',
    pulling: 'Pull down to send and fetch',
    first: 'Fetching your day',
    firstHint: 'You can begin when the first part is here.',
  },
);

/** Why something waits or was refused, and why the last attempt failed, by the device's word for it. */
const reasons: Readonly<Record<string, string>> = machineCatalogue(
  {
    unreachable: 'Servern går inte att nå. Det skickas av sig självt när nätet är tillbaka.',
    server_trouble: 'Servern svarar inte som den ska. Telefonen försöker igen av sig själv.',
    server_busy: 'Servern har mycket att göra. Telefonen försöker igen av sig själv.',
    disk_full: 'Telefonens minne är fullt. Det som är sparat finns kvar. Ta bort något annat från telefonen.',
    store: 'Appen kunde inte spara på telefonen. Det som redan är sparat finns kvar. Hör av dig till kontoret om det inte går över.',
    clock: 'Klockan går fel, så tiderna blir fel. Ställ den i inställningarna. Allt du gör sparas och skickas ändå.',
    revoked: 'Telefonen är spärrad. Det som är sparat finns kvar. Hör av dig till kontoret.',
    statement: 'Servern känner inte igen telefonen. Det som är sparat finns kvar. Hör av dig till kontoret.',
    version: 'Appen är för gammal för servern. Uppdatera den. Det som är sparat finns kvar.',
    depends: 'Hör ihop med något som inte togs emot. Hör av dig till kontoret.',
    lost: 'Bygger på något som servern har förlorat och som ingen telefon har kvar. Gör det igen om det behövs, eller hör av dig till kontoret.',
    not_allowed: 'Du har inte rätt att ändra det. Hör av dig till kontoret.',
    too_much: 'Det blev för mycket på en gång. Hör av dig till kontoret.',
    dependency: 'Väntar på något tidigare som inte är framme.',
    kind: 'Servern behöver uppdateras först.',
    load: 'Servern har mycket att göra. Det skickas igen av sig självt.',
    damaged: 'Det gick inte att läsa när det som är sparat på telefonen skadades, och det skickades inte. Gör om det.',
  },
  {
    unreachable: 'The server cannot be reached. It is sent by itself when the network is back.',
    server_trouble: 'The server does not answer as it should. The phone tries again by itself.',
    server_busy: 'The server is busy. The phone tries again by itself.',
    disk_full: 'The phone is full. What is saved is still here. Remove something else from the phone.',
    store: 'The app could not save on this phone. What was saved is still here. Tell the office if it does not pass.',
    clock: 'The clock is wrong, and so are the times. Set it in the settings. All you do is saved and sent all the same.',
    revoked: 'The phone is blocked. What is saved is still here. Talk to the office.',
    statement: 'The server does not know this phone. What is saved is still here. Talk to the office.',
    version: 'The app is too old for the server. Update it. What is saved is still here.',
    depends: 'Belongs to something that was refused. Talk to the office.',
    lost: 'Builds on something that the server lost and no phone has any more. Do it again if it is needed, or talk to the office.',
    not_allowed: 'You may not change that. Talk to the office.',
    too_much: 'It was too much at once. Talk to the office.',
    dependency: 'Waits for something earlier that has not arrived.',
    kind: 'The server has to be updated first.',
    load: 'The server is busy. It is sent again by itself.',
    damaged: 'It could not be read when what is saved on this phone was damaged, and was not sent. Do it again.',
  },
);

const others = machineCatalogue(
  {
    refused: 'Servern tog inte emot det. Det du skrev finns kvar här. Hör av dig till kontoret.',
    waits: 'Servern tar emot det senare. Det skickas igen av sig självt.',
  },
  {
    refused: 'The server refused it. What you wrote is still here. Talk to the office.',
    waits: 'The server takes it later. It is sent again by itself.',
  },
);

/** Why the last attempt failed. */
export function problemWords(problem: string): string {
  return reasons[problem] ?? reasons['server_trouble'] ?? '';
}

/** Why something of hers is not at the server; empty when it is. */
export function whyWords(delivery: Delivery, why: string | null): string {
  if (delivery === 'refused') return reasons[why ?? ''] ?? others.refused;
  if (delivery !== 'on_phone') return '';
  return why === null ? texts.waitsForNet : (reasons[why] ?? others.waits);
}
