import type { ProofPolicy, Scenario } from '#contracts';
import type { Clock } from '#kernel';
import { proofPolicy } from '#scenario';
import { OwnershipGuard, type OriginSender } from './ownership-guard.js';
import { ASK_RULES, type AskRules, type Standing } from './ownership-state.js';
import { ProofRegistry } from './proof-registry.js';

/** What facilitators should know about an endpoint's owner. */
export interface OwnershipFinding {
  teamId: string;
  serviceId: string;
  /** `proven` follows one of the other two. */
  kind: 'unproven' | 'foreign' | 'proven';
  /** For `foreign`: whose proof it shows. */
  shownTeamId?: string;
  /** For `unproven`: what was found instead of a proof. */
  got?: string;
}

export interface MonitorParts {
  clock: Clock;
  /** Called at most every 30 s for the same team's service. */
  onFinding(finding: OwnershipFinding): void;
  /** Default: `ASK_RULES`. */
  rules?: AskRules;
}

/** How often guards are checked, and the minimum time between two findings about the same service. */
const CHECK_EVERY_MS = 250;
const REPORT_EVERY_MS = 30_000;

/** The proofs of a game, and the guards of its endpoints. */
export class OwnershipMonitor {
  private readonly registry = new ProofRegistry();
  private readonly guards = new Set<OwnershipGuard>();
  /** The last finding, by team and service. */
  private readonly notified = new Map<string, { kind: OwnershipFinding['kind']; atMs: number }>();
  private policy: ProofPolicy = 'off';
  private isStarted = false;
  private checkedAtMs = -Infinity;

  constructor(private readonly parts: MonitorParts) {}

  /** Number of current endpoints without the team's proof, by what they show. */
  count(kind: 'unproven' | 'foreign'): number {
    let count = 0;
    for (const guard of this.guards) if (guard.standing.kind === kind) count++;
    return count;
  }

  created(scenario: Scenario): void {
    this.policy = proofPolicy(scenario);
  }

  /** @param formerUntilAt epoch ms until which the team's previous proof is valid as well */
  proofChanged(teamId: string, proofSha256: string, formerUntilAt?: number): void {
    const before = this.registry.version;
    this.registry.set(teamId, proofSha256, formerUntilAt);
    if (this.registry.version === before || !this.isStarted) return;
    for (const guard of this.guards) if (guard.teamId === teamId) guard.reconsider();
  }

  /** Call once past events have been read: checks the current endpoints, and from then on each new one immediately. */
  start(): void {
    this.isStarted = true;
    for (const guard of this.guards) guard.begin();
  }

  /**
   * Guards a new endpoint and checks its owner. Null if the game asks for no proof.
   * @param origin sends to the endpoint's origin
   */
  guard(teamId: string, serviceId: string, origin: OriginSender): OwnershipGuard | null {
    if (this.policy === 'off') return null;
    const { clock, rules = ASK_RULES } = this.parts;
    const guard = new OwnershipGuard({
      teamId,
      serviceId,
      policy: this.policy,
      registry: this.registry,
      clock,
      rules,
      origin,
    });
    this.guards.add(guard);
    if (this.isStarted) guard.begin();
    return guard;
  }

  /** Stops guarding an endpoint that is gone. */
  retire(guard: OwnershipGuard): void {
    guard.retire();
    this.guards.delete(guard);
  }

  /** Abandons checks that have timed out, and reports findings. */
  tick(): void {
    const nowMs = this.parts.clock.monotonicMs();
    if (nowMs - this.checkedAtMs < CHECK_EVERY_MS) return;
    this.checkedAtMs = nowMs;
    for (const guard of this.guards) {
      guard.tick(nowMs);
      this.reportFinding(guard, nowMs);
    }
  }

  private reportFinding(guard: OwnershipGuard, nowMs: number): void {
    const key = `${guard.teamId} ${guard.serviceId}`;
    const notified = this.notified.get(key);
    if (notified !== undefined && nowMs - notified.atMs < REPORT_EVERY_MS) return;
    const standing = guard.takeWorst();
    const { kind } = standing;
    if (kind === 'unknown' || kind === (notified?.kind ?? 'proven')) return;
    this.notified.set(key, { kind, atMs: nowMs });
    this.parts.onFinding({ teamId: guard.teamId, serviceId: guard.serviceId, kind, ...detailsOf(standing) });
  }
}

function detailsOf(standing: Standing): Pick<OwnershipFinding, 'shownTeamId' | 'got'> {
  if (standing.kind === 'foreign') return { shownTeamId: standing.teamId };
  return standing.kind === 'unproven' ? { got: standing.got } : {};
}
