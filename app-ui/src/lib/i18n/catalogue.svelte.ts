/** The languages that every text exists in. */
export type Language = 'sv' | 'en';

type Text = string | ((...values: never[]) => string);

/** The same keys with the same values to fill in, in other words. */
type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/** What the app runs on, as its user calls it. */
export type Machine = 'phone' | 'computer';

let current = $state<Language>('sv');
let machine = $state<Machine>('phone');

/** The language that the texts are in now. */
export function language(): Language {
  return current;
}

/** Changes the language of every text on the screen. */
export function speak(next: Language): void {
  current = next;
}

/** The texts of one domain: Swedish first, English beside it. Read as properties, in the language of the moment. */
export function catalogue<T extends Record<string, Text>>(sv: T, en: Translated<T>): Translated<T> {
  return new Proxy(en, {
    get: (_, key): unknown => Reflect.get(current === 'sv' ? sv : en, key),
  });
}

/** Says what the app runs on, for the texts that name it. */
export function runOn(next: Machine): void {
  machine = next;
}

/** A catalogue whose only phone is the one in hand: on a desktop its texts name the computer instead. */
export function machineCatalogue<T extends Record<string, Text>>(sv: T, en: Translated<T>): Translated<T> {
  const texts = catalogue(sv, en);
  return new Proxy(texts, {
    get: (_, key): unknown => {
      const text: unknown = Reflect.get(texts, key);
      if (machine === 'phone') return text;
      if (typeof text === 'function') return (...values: unknown[]) => renamed(String(Reflect.apply(text, null, values)));
      return typeof text === 'string' ? renamed(text) : text;
    },
  });
}

/** The two words have one gender in Swedish, so the sentences around them stay as they are. */
function renamed(text: string): string {
  return text
    .replace(/([Tt])elefonen/g, (_, first: string) => (first === 'T' ? 'Datorn' : 'datorn'))
    .replace(/\b([Pp])hone\b/g, (_, first: string) => (first === 'P' ? 'Computer' : 'computer'));
}

/** Chooses the form of a noun for a number. Swedish and English have the same two. */
export function plural(count: number, one: string, other: string): string {
  return count === 1 ? one : other;
}
