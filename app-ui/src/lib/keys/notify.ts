/** Whether the system shows reminders of the app's: it may, it was refused or cannot, or nobody was asked yet. */
export type MayNotify = 'yes' | 'no' | 'unasked';

/** Whether the system shows reminders of the app's. */
export function mayNotify(): MayNotify {
  if (!('Notification' in window)) return 'no';
  return ({ granted: 'yes', denied: 'no', default: 'unasked' } as const)[Notification.permission];
}

/** Asks the person whether the system may remind her; only a press may ask. */
export async function askToNotify(): Promise<MayNotify> {
  if (mayNotify() === 'unasked') await Notification.requestPermission();
  return mayNotify();
}

/** Lets the system remind her, where it may. It can be read on a locked screen: codes of tags, never names. */
export function notify(title: string, text: string, name: string): void {
  if (mayNotify() !== 'yes') return;
  try {
    new Notification(title, { body: text, tag: name });
  } catch {
    // Some systems have notifications only for a worker; the app's own banner says the same.
  }
}
