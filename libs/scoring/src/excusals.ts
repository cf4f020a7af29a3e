import type { GameEventData } from '#contracts';
import { readOptional, writeOptional } from './accumulator.js';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Windows of one team and service that begin in [fromAt, untilAt), epoch ms; null means no upper bound. */
interface Excuse {
  teamId: string;
  /** Index of the service. */
  service: number;
  fromAt: number;
  untilAt: number | null;
}

/** Represents a service that the game does not have: such an excuse replaces the earlier one and excuses nothing. */
export const NO_SERVICE = 31;

/** Range of window starts, epoch ms: from inclusive, to exclusive and possibly infinite. */
export type Range = readonly [from: number, to: number];

type ExcusedWindows = GameEventData['dev.payday.windows.excused'];

const NONE: readonly Excuse[] = [];

/**
 * The windows of each team and service that do not score because of a fault. The last event with an excuse's id wins, so
 * the excusals are a function of the game's events alone.
 */
export class Excusals {
  private readonly byId = new Map<string, Excuse>();
  private readonly byTeam = new Map<string, Excuse[]>();

  /** Services of a team whose own answers do not score in the window that begins at `startAt`: bit n is service n. */
  maskAt(teamId: string, startAt: number): number {
    let mask = 0;
    for (const { service, fromAt, untilAt } of this.byTeam.get(teamId) ?? NONE)
      if (startAt >= fromAt && (untilAt === null || startAt < untilAt)) mask |= 1 << service;
    return mask;
  }

  /** What `apply` would change, by team: the windows that may score differently afterwards. */
  affected(excused: ExcusedWindows, service: number): { teamId: string; range: Range }[] {
    const { teamId, fromAt } = excused;
    const until = excused.untilAt ?? Infinity;
    const before = this.byId.get(excused.excuseId);
    if (before === undefined) return [{ teamId, range: [fromAt, until] }];
    const beforeUntil = before.untilAt ?? Infinity;
    if (before.teamId !== teamId || before.service !== service)
      return [
        { teamId: before.teamId, range: [before.fromAt, beforeUntil] },
        { teamId, range: [fromAt, until] },
      ];
    const between = (one: number, other: number): Range => [Math.min(one, other), Math.max(one, other)];
    const ranges = [between(before.fromAt, fromAt), between(beforeUntil, until)];
    return ranges.filter(([from, to]) => from < to).map((range) => ({ teamId, range }));
  }

  apply(excused: ExcusedWindows, service: number): void {
    const { excuseId, teamId, fromAt, untilAt } = excused;
    this.addExcuse(excuseId, { teamId, service, fromAt, untilAt });
  }

  private addExcuse(id: string, excuse: Excuse): void {
    const before = this.byId.get(id);
    if (before !== undefined) {
      const others = this.byTeam.get(before.teamId)!.filter((each) => each !== before);
      this.byTeam.set(before.teamId, others);
    }
    this.byId.set(id, excuse);
    this.byTeam.set(excuse.teamId, [...(this.byTeam.get(excuse.teamId) ?? []), excuse]);
  }

  write(out: ByteWriter): void {
    out.uint(this.byId.size);
    for (const [id, { teamId, service, fromAt, untilAt }] of this.byId)
      writeOptional(out.text(id).text(teamId).uint(service).int(fromAt), untilAt);
  }

  static read(from: ByteReader): Excusals {
    const out = new Excusals();
    for (let n = from.uint(); n > 0; n--) {
      const id = from.text();
      const teamId = from.text();
      const service = from.uint();
      const fromAt = from.int();
      out.addExcuse(id, { teamId, service, fromAt, untilAt: readOptional(from) });
    }
    return out;
  }
}
