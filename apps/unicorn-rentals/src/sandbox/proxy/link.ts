import type { Time } from '#kernel';
import type { NetworkEffect } from '../faults/kind.js';

/** The conditions on one link, that is on all connections of one service: several effects at once, each lifted on its own. */
export class LinkConditions {
  private readonly effects = new Map<string, NetworkEffect>();
  private readonly listeners = new Set<() => void>();
  /** When the bandwidth is free again, in the timers' time. */
  private busyUntilMs = 0;

  get isClear(): boolean {
    return this.effects.size === 0;
  }

  get isBlackHole(): boolean {
    return [...this.effects.values()].some((effect) => effect.isBlackHole === true);
  }

  /** The lowest of all limits. */
  get bytesPerSecond(): number {
    return Math.min(...[...this.effects.values()].map((effect) => effect.bytesPerSecond ?? Infinity));
  }

  add(faultId: string, effect: NetworkEffect): void {
    this.effects.set(faultId, effect);
    this.notifyListeners();
  }

  remove(faultId: string): void {
    if (!this.effects.delete(faultId)) return;
    this.busyUntilMs = 0;
    this.notifyListeners();
  }

  /** The delays of one piece, by fault. */
  drawDelays(): ReadonlyMap<string, number> {
    const delays = new Map<string, number>();
    for (const [faultId, effect] of this.effects) {
      const delayMs = effect.drawDelayMs?.() ?? 0;
      if (delayMs > 0) delays.set(faultId, delayMs);
    }
    return delays;
  }

  /** The remaining delay of a piece: delays of lifted faults no longer count. */
  remainingDelayMs(delays: ReadonlyMap<string, number>): number {
    let sumMs = 0;
    for (const [faultId, delayMs] of delays) if (this.effects.has(faultId)) sumMs += delayMs;
    return sumMs;
  }

  /** Whether the next request's connection is reset. Every fault draws, independently of the others. */
  drawReset(): boolean {
    let isReset = false;
    for (const effect of this.effects.values()) isReset = (effect.drawReset?.() ?? false) || isReset;
    return isReset;
  }

  /** Reserves the bandwidth for some bytes. @returns when they are through, in the timers' time */
  takeBandwidth(bytes: number, nowMs: number): number {
    this.busyUntilMs = Math.max(nowMs, this.busyUntilMs) + (bytes * 1000) / this.bytesPerSecond;
    return this.busyUntilMs;
  }

  /** Calls `listener` at every change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private notifyListeners(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** How often a piece on limited bandwidth makes progress. */
const TRICKLE_MS = 100;

interface Piece {
  readonly arrivedAtMs: number;
  readonly delays: ReadonlyMap<string, number>;
  /** The undelivered rest; null is the end of the stream. */
  rest: Buffer | null;
}

/**
 * One direction of one connection: takes pieces in and delivers them in order, as the link's conditions
 * allow. Without conditions it delivers at once, within the call.
 */
export class Line {
  private readonly pieces: Piece[] = [];
  private cancel: (() => void) | undefined;
  private held = 0;
  private closed = false;
  private readonly unlisten: () => void;

  /**
   * @param shaped whether delays and bandwidth apply; a black hole always does.
   * @param deliver gets each piece, and null at the end of the stream.
   */
  constructor(
    private readonly conditions: LinkConditions,
    private readonly timers: Time,
    private readonly shaped: boolean,
    private readonly deliver: (piece: Buffer | null) => void,
  ) {
    this.unlisten = conditions.onChange(() => this.pump());
  }

  /** Bytes in the queue. */
  get heldBytes(): number {
    return this.held;
  }

  push(piece: Buffer | null): void {
    if (this.closed) return;
    if (this.pieces.length === 0 && this.conditions.isClear) {
      this.deliver(piece);
      return;
    }
    const delays = this.shaped && piece !== null ? this.conditions.drawDelays() : new Map<string, number>();
    this.pieces.push({ arrivedAtMs: this.timers.monotonicMs(), delays, rest: piece });
    this.held += piece?.length ?? 0;
    if (this.pieces.length === 1) this.pump();
  }

  close(): void {
    this.closed = true;
    this.cancel?.();
    this.unlisten();
    this.pieces.length = 0;
    this.held = 0;
  }

  /** Delivers what is due, and sets a timer for the rest. */
  private pump(): void {
    this.cancel?.();
    this.cancel = undefined;
    const { conditions, timers } = this;
    for (let piece = this.pieces[0]; piece !== undefined; piece = this.pieces[0]) {
      if (conditions.isBlackHole) return;
      const waitMs = piece.arrivedAtMs + conditions.remainingDelayMs(piece.delays) - timers.monotonicMs();
      if (waitMs > 0) return this.later(waitMs, () => this.pump());
      const rate = this.shaped ? conditions.bytesPerSecond : Infinity;
      if (piece.rest !== null && rate !== Infinity) return this.trickle(piece, piece.rest, rate);
      this.pieces.shift();
      this.held -= piece.rest?.length ?? 0;
      this.deliver(piece.rest);
    }
  }

  private trickle(piece: Piece, rest: Buffer, bytesPerSecond: number): void {
    const bytes = Math.min(rest.length, Math.max(1, Math.floor((bytesPerSecond * TRICKLE_MS) / 1000)));
    const nowMs = this.timers.monotonicMs();
    this.later(this.conditions.takeBandwidth(bytes, nowMs) - nowMs, () => {
      this.held -= bytes;
      if (bytes === rest.length) this.pieces.shift();
      else piece.rest = rest.subarray(bytes);
      this.deliver(rest.subarray(0, bytes));
      this.pump();
    });
  }

  private later(ms: number, work: () => void): void {
    this.cancel = this.timers.after(ms, work);
  }
}
