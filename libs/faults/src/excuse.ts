import type { FaultState, GameEventData } from '#contracts';
import type { Fault } from './fault.js';

export type ExcusedWindows = GameEventData['dev.payday.windows.excused'];

/**
 * Returns the excused windows of a fault that has just left the state `from`, if its policy is `pause`; null: no change.
 *
 * The excuse starts with the window in which the fault starts to fire and ends with the window in which it is verified gone.
 * That last window is excused completely (the grace period), because some of its requests met the fault or its aftermath. A
 * fault that never fired excuses nothing. Every other fault closes its excuse, since every fault ends.
 * @param nowMs when the state was entered, epoch ms
 */
export function excuseOf(fault: Fault, from: FaultState, nowMs: number): ExcusedWindows | null {
  const { info, windows } = fault;
  if (info.scoring !== 'pause' || windows === undefined) return null;
  const begins = from === 'armed' && info.state === 'firing';
  const ends = from !== 'armed' && info.state === 'reverted';
  if (!begins && !ends) return null;
  const { originAt, windowMs } = windows;
  const boundary = (atMs: number): number => originAt + Math.floor((atMs - originAt) / windowMs) * windowMs;
  return {
    excuseId: info.id,
    teamId: info.teamId,
    serviceId: info.serviceId,
    fromAt: boundary(info.startedAt),
    untilAt: ends ? boundary(Math.max(nowMs, info.startedAt)) + windowMs : null,
    reason: info.label,
  };
}
