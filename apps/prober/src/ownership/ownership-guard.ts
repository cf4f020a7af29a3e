import { PROOF_PATH } from '#contracts';
import type { Clock } from '#kernel';
import type { RenderedRequest } from '#scenario';
import { OwnershipState, type AskRules, type Standing, type AskOutcome } from './ownership-state.js';
import type { ProofRegistry, Reading } from './proof-registry.js';

/** The result of a check. `proof`: the value of the answer's header, null or absent without one. */
export type AskResult =
  | { kind: 'answer'; status: number; bodyText: string; proof?: string | null }
  | { kind: 'failure'; outcome: string; got: string };

/** Sends requests to the origin of a team's service, not to the path below it. `onDone` is called once, possibly synchronously. */
export interface OriginSender {
  send(request: RenderedRequest, onDone: (result: AskResult) => void): { timeOut(got: string): void };
}

/** Whether an answer is paid as the team's own. The texts are shown to the team. */
export type Verdict = { ok: true } | { ok: false; got: string; expected: string };

export interface GuardParts {
  teamId: string;
  serviceId: string;
  policy: 'required' | 'warn';
  registry: ProofRegistry;
  clock: Clock;
  rules: AskRules;
  origin: OriginSender;
}

const FINE: Verdict = { ok: true };
const EXPECTED = `the header Payday-Team, or ${PROOF_PATH}, with the proof of this team`;
const PROVEN: Standing = { kind: 'proven' };
const BADNESS = { unknown: 0, proven: 1, unproven: 2, foreign: 3 } as const;
const NONE: Reading = { kind: 'none' };

/** The check request. Its expectation makes the client keep the body; it is not used to judge. */
const ASK: RenderedRequest = {
  method: 'GET',
  path: PROOF_PATH,
  headers: {},
  expect: { status: 200, contains: 'pt_' },
};

/** Guards one endpoint: decides for each correct answer whether it is paid, and checks the well-known path when needed. */
export class OwnershipGuard {
  private readonly state: OwnershipState;
  private currentStanding: Standing = { kind: 'unknown' };
  private worst: Standing = this.currentStanding;
  /** The last header and its meaning: nearly always the next answer has the same one. */
  private read: { text: string; version: number; reading: Reading; untilAt: number } | null = null;
  private ask: { timeOut(got: string): void } | null = null;
  /** Numbers the checks, so that the answer to an abandoned one is ignored. */
  private askId = 0;
  private retired = false;

  constructor(private readonly parts: GuardParts) {
    this.state = new OwnershipState(parts.rules);
  }

  get teamId(): string {
    return this.parts.teamId;
  }

  get serviceId(): string {
    return this.parts.serviceId;
  }

  /** What is known now. */
  get standing(): Standing {
    return this.currentStanding;
  }

  /** The worst standing since the last call, so that a short one is not missed. */
  takeWorst(): Standing {
    const worst = this.worst;
    this.worst = this.currentStanding;
    return worst;
  }

  /** Checks the endpoint's owner if that is due: for a new endpoint, before its answers count. */
  begin(): void {
    if (this.state.isAskDue(this.nowMs())) this.send();
  }

  /** @param proof the value of the answer's header `payday-team`; null without one */
  judge(proof: string | null): Verdict {
    if (!this.parts.registry.knows(this.teamId)) return FINE;
    const header = proof === null ? NONE : this.reading(proof);
    if (header.kind === 'ours') {
      this.stand(PROVEN);
      return FINE;
    }
    const nowMs = this.nowMs();
    if (header.kind === 'none' && this.state.isAskDue(nowMs)) this.send();
    const standing = this.state.answer(header, nowMs);
    this.stand(standing);
    return this.verdict(standing);
  }

  /** Abandons a check that has timed out. @param nowMs monotonic */
  tick(nowMs: number): void {
    if (nowMs < this.state.askEndsAtMs) return;
    const ask = this.ask;
    if (ask === null) this.onOutcome({ missed: this.late() });
    else ask.timeOut(this.late());
  }

  /** The team has a new proof, so earlier findings may no longer hold. */
  reconsider(): void {
    this.abandonAsk();
    this.state.forget();
    this.stand(this.state.answer(NONE, this.nowMs()));
    this.begin();
  }

  /** The endpoint is gone: no more checks and no more findings. */
  retire(): void {
    this.retired = true;
    this.abandonAsk();
  }

  private verdict(standing: Standing): Verdict {
    if (standing.kind === 'foreign')
      return { ok: false, got: 'the endpoint shows the proof of another team', expected: EXPECTED };
    if (standing.kind !== 'unproven' || this.parts.policy !== 'required') return FINE;
    return {
      ok: false,
      got: `the endpoint does not prove that it is yours: no such header, and ${standing.got}`,
      expected: EXPECTED,
    };
  }

  private reading(text: string): Reading {
    const { registry, clock } = this.parts;
    const known = this.read;
    if (known !== null && known.text === text && known.version === registry.version) {
      if (known.untilAt === Infinity || clock.nowMs() < known.untilAt) return known.reading;
    }
    const { reading, untilAt } = registry.read(text, this.teamId, clock.nowMs());
    this.read = { text, version: registry.version, reading, untilAt };
    return reading;
  }

  private send(): void {
    const { registry, origin } = this.parts;
    if (this.retired || !registry.knows(this.teamId)) return;
    const id = ++this.askId;
    this.state.recordAsk(this.nowMs());
    const ask = origin.send(ASK, (result) => {
      if (id !== this.askId || this.retired) return;
      this.onOutcome(this.understood(result));
    });
    // The request may have ended synchronously.
    if (id === this.askId && this.state.askEndsAtMs !== Infinity) this.ask = ask;
  }

  private understood(result: AskResult): AskOutcome {
    if (result.kind === 'failure') return { missed: `${PROOF_PATH} gave ${result.outcome}: ${result.got}` };
    const { status, bodyText, proof } = result;
    const shown = status === 200 ? `${proof ?? ''}\n${bodyText}` : (proof ?? '');
    const { reading } = this.parts.registry.read(shown, this.teamId, this.parts.clock.nowMs());
    const got =
      status === 200 ? `${PROOF_PATH} shows none of this team's` : `${PROOF_PATH} gave status ${status}`;
    return { reading, got };
  }

  private onOutcome(outcome: AskOutcome): void {
    this.ask = null;
    this.askId++;
    const nowMs = this.nowMs();
    this.state.recordOutcome(outcome, nowMs);
    this.stand(this.state.answer(NONE, nowMs));
  }

  private abandonAsk(): void {
    const ask = this.ask;
    this.ask = null;
    this.askId++;
    ask?.timeOut('abandoned');
  }

  private stand(standing: Standing): void {
    this.currentStanding = standing;
    if (BADNESS[standing.kind] >= BADNESS[this.worst.kind]) this.worst = standing;
  }

  private late(): string {
    return `no answer within ${this.parts.rules.timeoutMs} ms`;
  }

  private nowMs(): number {
    return this.parts.clock.monotonicMs();
  }
}
