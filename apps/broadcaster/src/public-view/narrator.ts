import type { ServiceState, StandingRow, TeamScore } from '#contracts';
import { PlaceWatch } from './place-watch.js';
import { ServiceWatch } from './service-watch.js';
import { Throttle } from './throttle.js';
import type { Ticker } from './ticker.js';

/** When everybody is struck at once, one line about each team would push everything else off the screen. */
const BURST = { limit: 6, spanMs: 10_000 };
/** A salary that hovers around zero is told once. */
const NEGATIVE_AGAIN_AFTER_MS = 60_000;

/**
 * Puts scores and standings into words for the ticker. It sees only what the public sees.
 *
 * What it tells about one team depends only on that team's scores in order of commit, and so do the ids: every
 * broadcaster that has read the same updates tells the same. Places depend on when standings were looked at.
 */
export class Narrator {
  private readonly services = new Map<string, ServiceWatch>();
  private readonly places = new PlaceWatch();
  private readonly lastNegativeAt = new Map<string, number>();
  private readonly troubles = new Throttle(BURST.limit, BURST.spanMs);
  private readonly recoveries = new Throttle(BURST.limit, BURST.spanMs);

  constructor(private readonly ticker: Ticker) {}

  /** @param previous the team's score before; undefined for the first one that is seen */
  score(previous: TeamScore | undefined, score: TeamScore): void {
    // Before the first watermark there is no event time to measure by.
    if (score.asOf === 0) return;
    for (const { id, state } of score.services) this.service(score, id, state, score.payPerMinuteCents);
    this.negative(previous, score);
  }

  /** During a freeze: which services answer, and nothing of what it means in money. */
  tellStatuses(score: TeamScore): void {
    if (score.asOf === 0) return;
    for (const { id, state } of score.services) this.service(score, id, state, null);
  }

  standings(rows: readonly StandingRow[], asOf: number, nowMs: number): void {
    for (const { rank, teamId, fromTeamId, sinceAsOf } of this.places.observe(rows, asOf, nowMs)) {
      this.ticker.addEntry({
        id: `rank/${rank}/${teamId}/${sinceAsOf}`,
        at: nowMs,
        event: { kind: 'rank_taken', teamId, rank, fromTeamId },
      });
    }
  }

  /** A team has come into the ranking or left it: places that change by that were not taken from anybody. */
  ranksAnew(): void {
    this.places.forget();
  }

  private service(
    score: TeamScore,
    serviceId: string,
    state: ServiceState,
    payPerMinuteCents: number | null,
  ): void {
    const { teamId, asOf: at, commitSeq } = score;
    const key = `${teamId}/${serviceId}`;
    let watch = this.services.get(key);
    if (watch === undefined) this.services.set(key, (watch = new ServiceWatch()));
    const news = watch.observe(state, at);
    if (news?.kind === 'trouble' && this.troubles.pass(at)) {
      this.ticker.addEntry({
        id: `trouble/${key}/${commitSeq}`,
        at,
        event: { kind: 'service_trouble', teamId, serviceId, state: news.state, payPerMinuteCents },
      });
    } else if (news?.kind === 'recovered' && this.recoveries.pass(at)) {
      this.ticker.addEntry({
        id: `recovered/${key}/${commitSeq}`,
        at,
        event: { kind: 'service_recovered', teamId, serviceId, afterMs: news.afterMs },
      });
    }
  }

  private negative(previous: TeamScore | undefined, score: TeamScore): void {
    const { teamId, asOf: at, commitSeq, salaryCents, trend } = score;
    if (salaryCents >= 0) return;
    const before = previous?.salaryCents ?? salaryCents - trend.oneMinuteCents;
    const last = this.lastNegativeAt.get(teamId) ?? -Infinity;
    this.lastNegativeAt.set(teamId, at);
    if (before < 0 || at - last < NEGATIVE_AGAIN_AFTER_MS) return;
    this.ticker.addEntry({
      id: `negative/${teamId}/${commitSeq}`,
      at,
      event: { kind: 'salary_negative', teamId },
    });
  }
}
