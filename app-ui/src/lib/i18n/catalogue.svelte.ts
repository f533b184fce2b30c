/** The languages that every text exists in. */
export type Language = 'sv' | 'en';

type Text = string | ((...values: never[]) => string);

/** The same keys with the same values to fill in, in other words. */
type Translated<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

let current = $state<Language>('sv');

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

/** Chooses the form of a noun for a number. Swedish and English have the same two. */
export function plural(count: number, one: string, other: string): string {
  return count === 1 ? one : other;
}
