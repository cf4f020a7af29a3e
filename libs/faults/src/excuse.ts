import type { FaultState, GameEventData } from '#contracts';
import type { Fault } from './fault.js';

export type ExcusedWindows = GameEventData['dev.payday.windows.excused'];

/**
 * What a fault that has just left `from` says about windows that don't score, if its policy is `pause`; null: nothing new.
 *
 * They begin with the window in which it begins to fire and end with the window in which it is verified gone. That last
 * window is left out whole (its grace), because the requests sent in it met the fault, or what it left, for part of the
 * time; behind it nothing of the fault is left to excuse. A fault that never fired excuses nothing, and each that did
 * ends its excuse, since every fault ends.
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
