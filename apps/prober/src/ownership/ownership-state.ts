import type { Reading } from './proof-registry.js';

/** How the well-known path is checked. Times in ms. */
export interface AskRules {
  /** Minimum time between two checks. */
  everyMs: number;
  /** A check without an answer after this time has failed. */
  timeoutMs: number;
  /** How long a proof at the well-known path holds; longer than `everyMs`, so that one failed check costs nothing. */
  holdMs: number;
  /** This many checks in a row without an answer mean that there is no proof. */
  maxMisses: number;
}

const PROVEN: Standing = { kind: 'proven' };
const UNKNOWN: Standing = { kind: 'unknown' };

export const ASK_RULES: AskRules = { everyMs: 5_000, timeoutMs: 2_000, holdMs: 15_000, maxMisses: 2 };

/** The result of a check: what was read, or why no answer came. */
export type AskOutcome = { reading: Reading; got: string } | { missed: string };

/**
 * What is known about an endpoint's owner:
 * - `unknown`: a check is in progress or due, and nothing speaks against the team: its answers count.
 * - `proven`: by this answer's header, or recently by the well-known path.
 * - `unproven`: the check found no proof.
 * - `foreign`: it shows another team's proof and not this team's.
 */
export type Standing =
  { kind: 'unknown' | 'proven' } | { kind: 'unproven'; got: string } | { kind: 'foreign'; teamId: string };

/**
 * Determines an endpoint's owner from what it shows: a pure state machine over answers, checks and time (monotonic, ms).
 *
 * A proof in an answer's header covers that answer alone. A proof at the well-known path covers all answers without
 * one, for `holdMs`. A new endpoint is checked immediately, before any of its answers counts against it: they count for the
 * team until a check is answered or `maxMisses` checks have failed. After that they count only while the endpoint has a proof.
 */
export class OwnershipState {
  private provenUntilMs = -Infinity;
  /** What the last check found against the team; null: nothing. */
  private against: Extract<Standing, { kind: 'unproven' | 'foreign' }> | null = null;
  private askedAtMs = -Infinity;
  private asking = false;
  private misses = 0;

  constructor(private readonly rules: AskRules) {}

  /** The standing of an answer that arrives now, given its header. */
  answer(header: Reading, nowMs: number): Standing {
    if (header.kind === 'ours') return PROVEN;
    if (header.kind === 'theirs') return { kind: 'foreign', teamId: header.teamId };
    if (nowMs < this.provenUntilMs) return PROVEN;
    return this.against ?? UNKNOWN;
  }

  /** Whether to check the well-known path now, because of an answer without a proof or a new endpoint. */
  isAskDue(nowMs: number): boolean {
    return !this.asking && nowMs - this.askedAtMs >= this.rules.everyMs;
  }

  /** When the check in progress times out; Infinity without one. */
  get askEndsAtMs(): number {
    return this.asking ? this.askedAtMs + this.rules.timeoutMs : Infinity;
  }

  recordAsk(nowMs: number): void {
    this.asking = true;
    this.askedAtMs = nowMs;
  }

  /** Records the end of a check. */
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

  /** Proofs have changed: earlier findings may no longer hold, so a new check is due. */
  forget(): void {
    this.against = null;
    this.misses = 0;
    this.askedAtMs = -Infinity;
    this.asking = false;
  }
}
