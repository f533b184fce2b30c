import { DeviceError, type Args, type Name } from '../device';
import type { Answers } from '../generated';
import type { World } from './world';

/** The commands of the office's screens. */
export type OfficeName = Extract<Name, 'board' | 'visit_facts' | 'late_notices' | 'incidents'>;

/** Answers the office's commands from made-up values. */
export function office<C extends OfficeName>(world: World, now: number, command: C, args: Args<C>): Answers[C] {
  void [world, now, command, args];
  throw new DeviceError({ code: 'not_allowed', detail: null });
}
