import type { ServiceState, StandingRow, TeamScore } from '#contracts';
import { PlaceWatch } from './place-watch.js';
import { ServiceWatch } from './service-watch.js';
import { Throttle } from './throttle.js';
import type { Ticker } from './ticker.js';

/** When a fault hits all teams at once, one line per team would push everything else off the screen. */
const BURST = { limit: 6, spanMs: 10_000 };
/** A salary that hovers around zero is announced once. */
const NEGATIVE_AGAIN_AFTER_MS = 60_000;

/**
 * Describes scores and standings for the ticker. Its input is the public view only.
 *
 * Entries about a team, and their ids, depend only on that team's scores in order of commit, so every broadcaster that has
 * read the same updates produces the same. Entries about places depend on when the standings were read.
 */
export class Narrator {
  private readonly services = new Map<string, ServiceWatch>();
  private readonly places = new PlaceWatch();
  private readonly lastNegativeAt = new Map<string, number>();
  private readonly troubles = new Throttle(BURST.limit, BURST.spanMs);
  private readonly recoveries = new Throttle(BURST.limit, BURST.spanMs);

  constructor(private readonly ticker: Ticker) {}

  /** @param previous the team's previous score; undefined for the first one */
  score(previous: TeamScore | undefined, score: TeamScore): void {
    // There is no event time before the first watermark.
    if (score.asOf === 0) return;
    for (const { id, state } of score.services) this.service(score, id, state, score.payPerMinuteCents);
    this.negative(previous, score);
  }

  /** During a freeze: reports service status only, nothing that involves money. */
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

  /** A team has joined or left the ranking; the resulting changes of places are not overtakings. */
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
