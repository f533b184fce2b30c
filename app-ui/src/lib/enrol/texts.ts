import { machineCatalogue } from '../i18n/catalogue.svelte';

export const texts = machineCatalogue(
  {
    title: 'Anslut telefonen',
    whoIsIt: 'Vem är du?',
    intro: 'Du får en adress och en kod av kontoret. Koden gäller i 10 minuter och bara en gång.',
    server: 'Serverns adress',
    serverHint: 'Till exempel https://rundan.kommunen.se',
    code: 'Kod',
    codeHint: 'Stora och små bokstäver spelar ingen roll.',
    connect: 'Anslut',
    connecting: 'Ansluter …',
    noServer: 'Skriv adressen som du fick av kontoret.',
    notAnAddress: 'Adressen ska börja med https://',
    noCode: 'Skriv koden som du fick av kontoret.',
    safe: 'Allt som du gör sparas krypterat på telefonen först. Det fungerar utan nät.',
  },
  {
    title: 'Connect the phone',
    whoIsIt: 'Who are you?',
    intro: 'The office gives you an address and a code. The code is valid for 10 minutes and only once.',
    server: 'Address of the server',
    serverHint: 'For example https://rundan.kommunen.se',
    code: 'Code',
    codeHint: 'Capital and small letters are the same.',
    connect: 'Connect',
    connecting: 'Connecting …',
    noServer: 'Write the address that the office gave you.',
    notAnAddress: 'The address begins with https://',
    noCode: 'Write the code that the office gave you.',
    safe: 'All that you do is saved encrypted on the phone first. It works without a network.',
  },
);
