import { PaydayError, messageOf } from '#kernel';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from './driver.js';
import type { DriverCall } from './fault.js';
import type { FaultInput } from './life-cycle.js';

/**
 * Makes one driver call and converts its outcome into the life cycle's next input. Never rejects.
 * It outlives `signal` only as long as the driver does; the life cycle's own deadline bounds that.
 */
export async function performCall(
  driver: FaultDriver,
  { operation, number }: Pick<DriverCall, 'operation' | 'number'>,
  target: FaultTarget,
  order: FaultOrder,
  signal: AbortSignal,
): Promise<FaultInput> {
  try {
    switch (operation) {
      case 'fire':
        await driver.fire(target, order, signal);
        return { type: 'fired', call: number };
      case 'revert':
        await driver.revert(target, order, signal);
        return { type: 'revert-done', call: number };
      case 'confirm': {
        const presence = await driver.confirm(target, order, signal);
        return presence === 'active'
          ? { type: 'confirmed', call: number }
          : { type: WHEN_LOOKED[presence], call: number };
      }
      case 'verify':
        return { type: WHEN_LOOKED[await driver.verify(target, order, signal)], call: number };
    }
  } catch (error) {
    const retryable = !(error instanceof PaydayError) || error.retryable;
    return { type: 'driver-failed', call: number, reason: plain(messageOf(error)), retryable };
  }
}

const WHEN_LOOKED = {
  active: 'still-there',
  repaired: 'repaired-by-team',
  gone: 'verified-gone',
} as const satisfies Record<Presence, FaultInput['type']>;

/** Makes text that may come from a team's process safe to store and show: one line, bounded, no control characters. */
function plain(text: string): string {
  const line = text.replace(/\p{C}+/gu, ' ').trim();
  return line.length <= MAX_REASON_LENGTH ? line : `${line.slice(0, MAX_REASON_LENGTH - 1)}…`;
}

const MAX_REASON_LENGTH = 300;
