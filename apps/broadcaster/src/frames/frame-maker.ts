import type { StandingsDelta, StandingsView } from '#contracts';
import type { Clock, Timers } from '#kernel';
import type { PublicState } from '../public-view/game-board.js';
import { DeltaRing } from './delta-ring.js';
import { diff, isNews } from './diff.js';
import { mergeDeltas } from './merge-deltas.js';

/** What goes to the viewers: the first frame of a game is a snapshot, the others are deltas. `json` is its text. */
export type Frame =
  | { kind: 'snapshot'; seq: number; payload: StandingsView; json: string }
  | { kind: 'delta'; seq: number; payload: StandingsDelta; json: string };

export interface FrameMakerOptions {
  source: { view(nowMs: number): PublicState | null };
  clock: Clock;
  timers: Timers;
  /** Identifies this frame maker to viewers; a new one for each start. */
  epoch: string;
  /** Called for each frame. Must not throw. */
  onFrame(frame: Frame): void;
  /** Default 100: at most ten frames a second. */
  minIntervalMs?: number;
  /** How long a first change waits for others that come with it. Default 10. */
  gatherMs?: number;
  /** Default 600: a minute at full rate. */
  ringCapacity?: number;
}

/** How often time alone is looked at: a game begins, a phase changes, a pause ends. */
const IDLE_MS = 200;
/** Together with `IDLE_MS` this makes at least one frame a second while a game runs. */
const HEARTBEAT_MS = 750;

/** Makes numbered frames of the public view: the latest state wins, and what lay between is never sent. */
export class FrameMaker {
  private readonly minIntervalMs: number;
  private readonly gatherMs: number;
  private readonly ring: DeltaRing;
  private current: StandingsView | null = null;
  private seq = 0;
  private lastFrameMs = -Infinity;
  private cancelTimer: (() => void) | null = null;
  private dueMs = Infinity;
  private running = false;

  constructor(private readonly options: FrameMakerOptions) {
    this.minIntervalMs = options.minIntervalMs ?? 100;
    this.gatherMs = options.gatherMs ?? 10;
    this.ring = new DeltaRing(options.ringCapacity ?? 600);
  }

  /** Makes the first frame if there is a game, and from now on whenever one is due. */
  start(): void {
    this.running = true;
    this.make();
  }

  stop(): void {
    this.running = false;
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  /** The source has changed: a frame will follow as soon as the rate allows. */
  changed(): void {
    if (!this.running) return;
    this.makeAt(Math.max(this.monotonicMs() + this.gatherMs, this.lastFrameMs + this.minIntervalMs));
  }

  /** The latest frame as a whole; null before the first. */
  snapshot(): StandingsView | null {
    return this.current && { ...this.current, serverAt: this.options.clock.nowMs() };
  }

  /** What a viewer of frame `seq` of `epoch` lacks: one delta, or a snapshot if that can't be told; null before the first frame. */
  resume(from: {
    epoch: string;
    seq: number;
  }): { kind: 'delta'; payload: StandingsDelta } | { kind: 'snapshot'; payload: StandingsView } | null {
    const missing = from.epoch === this.options.epoch ? this.ring.since(from.seq) : null;
    if (missing !== null) return { kind: 'delta', payload: mergeDeltas(missing) };
    const payload = this.snapshot();
    return payload && { kind: 'snapshot', payload };
  }

  private make(): void {
    const { source, clock, epoch } = this.options;
    const serverAt = clock.nowMs();
    this.makeAt(this.monotonicMs() + IDLE_MS);
    const state = source.view(serverAt);
    if (state !== null) {
      const next: StandingsView = { ...state, epoch, seq: this.seq + 1, serverAt };
      if (this.current?.game.id === next.game.id) this.makeDelta(this.current, next);
      else this.makeSnapshot(next);
    }
  }

  private makeSnapshot(next: StandingsView): void {
    this.ring.clear();
    this.emit(next, { kind: 'snapshot', seq: next.seq, payload: next, json: JSON.stringify(next) });
  }

  private makeDelta(before: StandingsView, next: StandingsView): void {
    const payload = diff(before, next);
    const isHeartbeat =
      next.game.state === 'running' && this.monotonicMs() - this.lastFrameMs >= HEARTBEAT_MS;
    if (!isNews(before, payload) && !isHeartbeat) return;
    this.ring.push(payload);
    this.emit(next, { kind: 'delta', seq: next.seq, payload, json: JSON.stringify(payload) });
  }

  private emit(next: StandingsView, frame: Frame): void {
    this.current = next;
    this.seq = next.seq;
    this.lastFrameMs = this.monotonicMs();
    this.options.onFrame(frame);
  }

  private makeAt(dueMs: number): void {
    if (this.cancelTimer !== null && this.dueMs <= dueMs) return;
    this.cancelTimer?.();
    this.dueMs = dueMs;
    this.cancelTimer = this.options.timers.after(Math.max(0, dueMs - this.monotonicMs()), () => {
      this.cancelTimer = null;
      if (this.running) this.make();
    });
  }

  private monotonicMs(): number {
    return this.options.clock.monotonicMs();
  }
}
