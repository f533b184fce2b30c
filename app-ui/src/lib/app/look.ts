import type { Preferences, Theme } from '../api/generated';

/** Gives the page its language, colours and text size. */
export function showAs(preferences: Preferences): void {
  const root = document.documentElement;
  root.lang = preferences.language;
  root.dataset['text'] = String(preferences.text_size);
  root.dataset['theme'] = themeOf(preferences.theme, matchMedia('(prefers-color-scheme: dark)').matches);
}

/** The colours to show, where the phone's own choice counts when the person made none. */
export function themeOf(theme: Theme, phoneIsDark: boolean): 'light' | 'dark' {
  if (theme === 'system') return phoneIsDark ? 'dark' : 'light';
  return theme;
}
