import type { Preferences, Theme } from '../api/generated';

/** Gives the page its language, colours and text size, and follows the phone's choice of colours until the returned function is called. */
export function showAs(preferences: Preferences): () => void {
  const root = document.documentElement;
  root.lang = preferences.language;
  root.dataset['text'] = String(preferences.text_size);
  const phone = matchMedia('(prefers-color-scheme: dark)');
  const show = () => (root.dataset['theme'] = themeOf(preferences.theme, phone.matches));
  show();
  phone.addEventListener('change', show);
  return () => phone.removeEventListener('change', show);
}

/** The colours to show, where the phone's own choice counts when the person made none. */
export function themeOf(theme: Theme, phoneIsDark: boolean): 'light' | 'dark' {
  if (theme === 'system') return phoneIsDark ? 'dark' : 'light';
  return theme;
}
