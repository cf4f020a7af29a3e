import type { Reading } from './proof-registry.js';

/** How the well-known path is asked. Times in ms. */
export interface AskRules {
  /** From one ask to the next, at least. */
  everyMs: number;
  /** An ask that has no answer by then has failed. */
  timeoutMs: number;
  /** So long a proof at the well-known path holds; longer than `everyMs`, so that one failed ask costs nothing. */
  holdMs: number;
  /** So many asks in a row without an answer mean that there is no proof. */
  maxMisses: number;
}

const PROVEN: Standing = { kind: 'proven' };
const UNKNOWN: Standing = { kind: 'unknown' };

export const ASK_RULES: AskRules = { everyMs: 5_000, timeoutMs: 2_000, holdMs: 15_000, maxMisses: 2 };

/** What came of an ask: what was read, or that no answer came, and why. */
export type AskOutcome = { reading: Reading; got: string } | { missed: string };

/**
 * What is known of an endpoint's owner:
 * - `unknown`: an ask is under way or due, and nothing speaks against the team: its answers count.
 * - `proven`: by this answer's header, or by the well-known path a short while ago.
 * - `unproven`: asked, and there is no proof.
 * - `foreign`: it shows another team's proof, and not this one's.
 */
export type Standing =
  { kind: 'unknown' | 'proven' } | { kind: 'unproven'; got: string } | { kind: 'foreign'; teamId: string };

/**
 * Whose an endpoint is, from what it shows: a pure state machine, told of answers, asks and time (monotonic, ms).
 *
 * A proof in an answer's header speaks for that answer alone. A proof at the well-known path speaks for all answers without
 * one, for `holdMs`. A new endpoint is asked at once, before any of its answers counts against it: they count for the team
 * until the ask was answered, or `maxMisses` asks were not. After that they count only while the endpoint proves itself.
 */
export class OwnershipState {
  private provenUntilMs = -Infinity;
  /** What the last ask found against the team; null: nothing. */
  private against: Extract<Standing, { kind: 'unproven' | 'foreign' }> | null = null;
  private askedAtMs = -Infinity;
  private asking = false;
  private misses = 0;

  constructor(private readonly rules: AskRules) {}

  /** What an answer that came now is worth, by what its header shows. */
  answer(header: Reading, nowMs: number): Standing {
    if (header.kind === 'ours') return PROVEN;
    if (header.kind === 'theirs') return { kind: 'foreign', teamId: header.teamId };
    if (nowMs < this.provenUntilMs) return PROVEN;
    return this.against ?? UNKNOWN;
  }

  /** Whether the well-known path should be asked now, because of an answer without a proof, or of a new endpoint. */
  isAskDue(nowMs: number): boolean {
    return !this.asking && nowMs - this.askedAtMs >= this.rules.everyMs;
  }

  /** When the ask that is under way has failed; Infinity while none is. */
  get askEndsAtMs(): number {
    return this.asking ? this.askedAtMs + this.rules.timeoutMs : Infinity;
  }

  recordAsk(nowMs: number): void {
    this.asking = true;
    this.askedAtMs = nowMs;
  }

  /** The ask has ended. */
  recordOutcome(outcome: AskOutcome, nowMs: number): void {
    this.asking = false;
    if ('missed' in outcome) {
      this.misses++;
      if (this.misses >= this.rules.maxMisses && this.against === null)
        this.against = { kind: 'unproven', got: outcome.missed };
      return;
    }
    this.misses = 0;
    const { reading, got } = outcome;
    if (reading.kind === 'ours') {
      this.provenUntilMs = nowMs + this.rules.holdMs;
      this.against = null;
    } else if (reading.kind === 'theirs') {
      this.provenUntilMs = -Infinity;
      this.against = { kind: 'foreign', teamId: reading.teamId };
    } else this.against = { kind: 'unproven', got };
  }

  /** Proofs have changed: what was found against the team may be so no more, and is asked anew. */
  forget(): void {
    this.against = null;
    this.misses = 0;
    this.askedAtMs = -Infinity;
    this.asking = false;
  }
}
