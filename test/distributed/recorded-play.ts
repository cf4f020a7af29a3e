import { OUTCOMES, TOPICS, encodeCloudEvent, encodeProbeBatch, teamKey, type GameEvent } from '#contracts';
import type { EventLog } from '#event-log';
import { randomStream } from '#kernel';
import type { DataSource } from '#persistence';
import { decodeHistogram } from '#scoring';
import { EventBuilder, buildBatch, buildScenario, type PlainResult } from '#testing';
import { eventually } from '../support/wait.js';

export const GAME = 'recorded';
const START = 1_795_000_000_000;
const SECONDS = 20;
export const TEAMS = ['ants', 'bees', 'cats', 'dogs', 'eels', 'frogs', 'gnus', 'hens'];
const APPEND_AT_ONCE = 50;

interface KeyedBytes {
  key: string;
  value: Uint8Array;
}

/** The events and results of one game: the same for every log that they are written to. */
export interface RecordedPlay {
  before: GameEvent[];
  batches: KeyedBytes[];
  after: GameEvent[];
  results: number;
}

/** A game of eight teams with a pause, an adjustment, a market, and results of every outcome. */
export function recordPlay(seed: string): RecordedPlay {
  const { below } = randomStream(seed, 'recorded-play');
  const make = new EventBuilder(GAME);
  const scenario = buildScenario({ durationMs: SECONDS * 1000 });
  const endsAt = START + SECONDS * 1000;
  const before = [
    make.created(scenario),
    ...TEAMS.map((team) => make.team(team)),
    make.make('dev.payday.game.scheduled', { startsAt: START, endsAt }),
    make.make('dev.payday.adjustment.made', {
      adjustmentId: 'a1',
      teamId: 'cats',
      cents: -1234,
      reason: 'late for work',
      effectiveAt: START + 3_500,
    }),
    make.make('dev.payday.game.paused', { fromAt: START + 7_000, reason: 'lunch' }),
    make.make('dev.payday.game.resumed', { fromAt: START + 9_000, endsAt: endsAt + 2_000 }),
  ];
  const after = [
    make.make('dev.payday.game.ended', { endsAt: endsAt + 2_000 }),
    make.make('dev.payday.game.sealed', { sealedAt: endsAt + 3_000 }),
  ];
  const batches: KeyedBytes[] = [];
  let seq = 0;
  let results = 0;
  for (let second = 0; second < SECONDS + 2; second++)
    for (const teamId of TEAMS)
      for (let n = 0; n < 6; n++) {
        const intendedAt = START + second * 1000 + below(990);
        const provides = below(5) === 0;
        const other = TEAMS[below(TEAMS.length)]!;
        const one: PlainResult = {
          teamId,
          role: provides ? 'provider' : 'consumer',
          serviceId: scenario.services[below(2)]!.id,
          counterpartyId: provides || below(3) === 0 ? other : teamId,
          intendedAt,
          latencyUs: 1 + below(300_000),
          outcome: below(3) > 0 ? 'ok' : OUTCOMES[below(OUTCOMES.length)]!,
        };
        const two: PlainResult = { ...one, intendedAt: intendedAt + 1, latencyUs: 1 + below(300_000) };
        const ids = { proberId: 'p1', epoch: 7, seq: seq++, watermarkMs: START + (second - 2) * 1000 };
        const batch = buildBatch(GAME, [one, two], ids);
        if (one.outcome !== 'ok' && one.outcome !== 'prober_error')
          batch.samples = [
            { index: 0, checkId: 'home', request: 'GET /', expected: '200', got: `no ${seq}` },
          ];
        results += 2;
        batches.push({ key: teamKey(GAME, teamId), value: encodeProbeBatch(batch) });
      }
  return { before, batches, after, results };
}

/**
 * Writes a play into a log, the results in shuffled order: some twice, many far from their place.
 * @param midway called when half of the results are written
 */
export async function writePlay(
  log: EventLog,
  play: RecordedPlay,
  orderSeed: string,
  midway: () => Promise<void> = async () => {},
): Promise<void> {
  const { below, shuffle } = randomStream(orderSeed, 'order');
  await log.append(TOPICS.gameEvents, play.before.map(encodeCloudEvent));
  const twice = play.batches.filter(() => below(10) === 0);
  const order = shuffle([...play.batches, ...twice]);
  for (let at = 0; at < order.length; at += APPEND_AT_ONCE) {
    if (at <= order.length / 2 && at + APPEND_AT_ONCE > order.length / 2) await midway();
    await log.append(TOPICS.probeResults, order.slice(at, at + APPEND_AT_ONCE));
  }
  await log.append(TOPICS.gameEvents, play.after.map(encodeCloudEvent));
}

/** Resolves when every partition has committed the sealing of the game. */
export async function sealed(dataSource: DataSource, partitions: number, withinMs: number): Promise<void> {
  await eventually(
    async () => {
      const [row] = await dataSource.query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM scorer_checkpoint WHERE positions ? 'sealed:${GAME}'`,
      );
      if (row!.n < partitions) throw new Error(`${row!.n} of ${partitions} partitions are sealed`);
    },
    { withinMs, everyMs: 200 },
  );
}

/** Every ledger row with all its fields but the commit number; latencies as sorted counts. */
export async function ledgerOf(dataSource: DataSource): Promise<Record<string, unknown>[]> {
  const rows = await dataSource.query<(Record<string, unknown> & { histogram: Buffer | null })[]>(
    `SELECT team_id, window_index, service_id, reason, counterparty, window_start_at, count, cents, histogram, samples, note
     FROM ledger WHERE game_id = $1 ORDER BY 1, 2, 3, 4, 5`,
    [GAME],
  );
  return rows.map(({ histogram, ...row }) => ({
    ...row,
    latencies: histogram === null ? null : percentilesOf(histogram),
  }));
}

function percentilesOf(bytes: Uint8Array): (number | null)[] {
  const histogram = decodeHistogram(bytes);
  return [histogram.count, ...[0, 10, 50, 90, 95, 99, 100].map((percent) => histogram.percentile(percent))];
}

export async function salariesOf(dataSource: DataSource): Promise<Record<string, number>> {
  const rows = await dataSource.query<{ team: string; cents: number }[]>(
    'SELECT team_id AS team, salary_cents AS cents FROM team_score WHERE game_id = $1 ORDER BY 1',
    [GAME],
  );
  return Object.fromEntries(rows.map(({ team, cents }) => [team, cents]));
}
