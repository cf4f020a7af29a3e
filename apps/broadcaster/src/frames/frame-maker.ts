import type { StandingsDelta, StandingsView } from '#contracts';
import type { Clock, Timers } from '#kernel';
import type { PublicState } from '../public-view/game-board.js';
import { DeltaRing } from './delta-ring.js';
import { diff, isNews } from './diff.js';
import { mergeDeltas } from './merge-deltas.js';

/** A message to the viewers: the first frame of a game is a snapshot, the others are deltas. `json` is the payload as text. */
export type Frame =
  | { kind: 'snapshot'; seq: number; payload: StandingsView; json: string }
  | { kind: 'delta'; seq: number; payload: StandingsDelta; json: string };

export interface FrameMakerOptions {
  source: { view(nowMs: number): PublicState | null };
  clock: Clock;
  timers: Timers;
  /** Identifies this frame maker to viewers; differs for each start. */
  epoch: string;
  /** Called for each frame. Must not throw. */
  onFrame(frame: Frame): void;
  /** Default 100: at most ten frames per second. */
  minIntervalMs?: number;
  /** How long a first change waits for related ones. Default 10. */
  gatherMs?: number;
  /** Default 600: one minute at the full rate. */
  ringCapacity?: number;
}

/** How often to check for changes by time alone: a game starts, a phase changes, a pause ends. */
const IDLE_MS = 200;
/** Together with `IDLE_MS` this ensures at least one frame per second while a game runs. */
const HEARTBEAT_MS = 750;

/** Makes numbered frames of the public view. Each contains the latest state; intermediate states are never sent. */
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

  /** Makes the first frame if there is a game, and later frames whenever they are due. */
  start(): void {
    this.running = true;
    this.make();
  }

  stop(): void {
    this.running = false;
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  /** Call this when the source has changed: a frame follows as soon as the rate allows. */
  changed(): void {
    if (!this.running) return;
    this.makeAt(Math.max(this.monotonicMs() + this.gatherMs, this.lastFrameMs + this.minIntervalMs));
  }

  /** The complete state as of the latest frame; null before the first. */
  snapshot(): StandingsView | null {
    return this.current && { ...this.current, serverAt: this.options.clock.nowMs() };
  }

  /** Everything after frame `seq` of `epoch`: one delta, or a snapshot if the deltas are gone; null before the first frame. */
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
