import { join } from 'node:path';
import type { GameEvent, Scenario } from '#contracts';
import { formatCents, randomStream } from '#kernel';
import { naiveLedger, type PlainResult } from '#testing';
import { get, ledgerPage, standings, sumOfCents, wholeLedger } from '../support/api.js';
import { createProberToken } from '../support/database.js';
import { ALL_GONE_WITHIN_MS, GameFolder, GameProcess, ROOT } from '../support/game-process.js';
import { signal, type ProcessInfo } from '../support/processes.js';
import { batchKey, readRawGame, resultsOnce, type RawGame } from '../support/raw-log.js';
import { eventually, sleep } from '../support/wait.js';
import { Witness } from '../support/witness.js';

/**
 * One game of scenarios/quick.yaml whose launcher is killed ten times, and whose children are killed in between, all by
 * SIGKILL. Afterwards the ledger is recomputed from the raw log by an oracle that shares no code
 * with the scorer. Repeat a run with `TEST_SEED=<seed of the title>`.
 */
const SEED = process.env['TEST_SEED'] ?? String(Date.now() % 1_000_000);
const KILLS = 10;
const BOOT_WITHIN_MS = 30_000;
const BACK_WITHIN_MS = 10_000;

/** How to tell the launcher's children apart. */
const CHILDREN = {
  prober: ({ command }: ProcessInfo) => command.includes('/apps/prober/'),
  'a team': ({ command }: ProcessInfo) => command.includes('/unicorn-rentals/'),
  'the guardian of PostgreSQL': ({ command }: ProcessInfo) => command.includes('/guardian.js'),
  PostgreSQL: ({ command }: ProcessInfo) => /\/postgres -D /.test(command),
};
type Child = keyof typeof CHILDREN;
const CHILD_NAMES = Object.keys(CHILDREN) as Child[];

describe(`kill -9 at any moment (seed ${SEED})`, () => {
  const random = randomStream(SEED, 'kills');
  const folder = new GameFolder();
  let game: GameProcess;
  let gameId = '';
  let witness: Witness | undefined;

  afterAll(async () => {
    await folder.remove();
  }, 15_000);

  /** Kills one process of a kind, if there is one. */
  function killChild(child: Child): number | undefined {
    const found = folder.processes().filter(CHILDREN[child]);
    if (found.length === 0) return undefined;
    const { pid } = random.pick(found);
    signal(pid, 'SIGKILL');
    return pid;
  }

  /**
   * One fault at a time: if launcher and guardian were both killed before a new guardian took over, nothing would be left to
   * stop PostgreSQL; the next launcher on its folder does.
   */
  async function killChildAlone(child: Child): Promise<void> {
    const tookOver = (): number => game.stderr.split('took over PostgreSQL').length;
    const before = tookOver();
    const killed = killChild(child);
    if (child !== 'the guardian of PostgreSQL' || killed === undefined) return;
    await eventually(() => expect(tookOver()).toBeGreaterThan(before), { withinMs: BACK_WITHIN_MS });
  }

  /** Kills the launcher alone. Resolves at once; `gone` resolves when all its processes are gone. */
  async function killLauncher(): Promise<{ gone: Promise<void> }> {
    const before = folder.processes().map(({ pid }) => pid);
    game.kill();
    expect((await game.exited).signal).toBe('SIGKILL');
    const gone = eventually(
      () => {
        const left = folder.processes().filter(({ pid }) => before.includes(pid));
        expect(left).toEqual([]);
      },
      { withinMs: ALL_GONE_WITHIN_MS },
    );
    return { gone };
  }

  it('begins', async () => {
    game = await GameProcess.start(folder, [
      ...['--scenario', join(ROOT, 'scenarios/quick.yaml')],
      ...['--log-level', 'info'],
    ]);
    await game.prints(/Leaderboard/, BOOT_WITHIN_MS);
    const view = await standings(game.url);
    gameId = view.game.id;
    witness = new Witness({
      gameId,
      teamIds: view.standings.slice(0, 3).map(({ team }) => team.id),
      serviceId: 'catalog',
      token: await createProberToken(folder, gameId),
      seed: SEED,
      url: () => game.url,
    });
    witness.start();
  }, 60_000);

  it.each(Array.from({ length: KILLS }, (_, index) => index + 1))(
    'survives kill %i of the launcher: nothing of it is left after five seconds, and it goes on',
    async () => {
      const inTheBoot = random.below(10) < 3;
      if (inTheBoot) await sleep(random.below(4_000));
      else {
        await game.prints(/Leaderboard/, BOOT_WITHIN_MS);
        await sleep(random.below(2_500));
        if (random.below(2) === 0) await killChildAlone(random.pick(CHILD_NAMES));
        await sleep(random.below(2_500));
      }
      const { gone } = await killLauncher();
      // An immediate restart finds leftovers of the killed launcher; a later one must find none.
      const atOnce = random.below(2) === 0;
      if (!atOnce) {
        await gone;
        await folder.allGone(0);
      }
      game = await GameProcess.start(folder, ['--resume', '--log-level', 'info']);
      await gone;
    },
    90_000,
  );

  it.each(CHILD_NAMES)(
    'goes on when %s is killed, and starts it again',
    async (child) => {
      await game.prints(/Leaderboard/, BOOT_WITHIN_MS);
      await eventually(() => expect(folder.processes().some(CHILDREN[child])).toBe(true), {
        withinMs: BACK_WITHIN_MS,
      });
      const count = folder.processes().filter(CHILDREN[child]).length;
      const killed = killChild(child);
      await eventually(
        () => {
          const now = folder.processes().filter(CHILDREN[child]);
          expect(now.map(({ pid }) => pid)).not.toContain(killed);
          expect(now).toHaveLength(count);
        },
        { withinMs: BACK_WITHIN_MS },
      );
      const entriesOf = async (): Promise<number> => {
        const { body } = await get<{ total: { entries: number } }>(`${game.url}/api/v1/ledger?limit=1`);
        return body.total.entries;
      };
      const before = await eventually(entriesOf, { withinMs: BACK_WITHIN_MS });
      await eventually(async () => expect(await entriesOf()).toBeGreaterThan(before), {
        withinMs: BACK_WITHIN_MS,
      });
      expect(game.hasExited).toBe(false);
    },
    60_000,
  );

  it('plays on to the end', async () => {
    await witness!.stop();
    await game.prints(/Final standings\n[^]*stays up until Ctrl-C/, 120_000);
    const view = await standings(game.url);
    expect([view.game.id, view.game.state]).toEqual([gameId, 'sealed']);
  }, 130_000);

  describe('and then', () => {
    let raw: RawGame;
    let results: PlainResult[];
    let scenario: Scenario;

    beforeAll(async () => {
      raw = await readRawGame(folder, gameId);
      results = resultsOnce(raw.batches);
      scenario = eventOf('dev.payday.game.created').data.scenario;
    }, 30_000);

    function eventOf<T extends GameEvent['type']>(type: T): Extract<GameEvent, { type: T }> {
      return raw.events.find((event) => event.type === type) as Extract<GameEvent, { type: T }>;
    }

    /** First instants of the windows that score, derived from the game events alone. */
    function scoringWindows(): number[] {
      const { windowMs } = scenario.pay;
      const { startsAt } = eventOf('dev.payday.game.scheduled').data;
      const { endsAt } = eventOf('dev.payday.game.ended').data;
      const starts = raw.events.flatMap((event) =>
        event.type === 'dev.payday.game.paused' ? [event.data.fromAt] : [],
      );
      const ends = raw.events.flatMap((event) =>
        event.type === 'dev.payday.game.resumed' ? [event.data.fromAt] : [],
      );
      const all = Array.from(
        { length: (endsAt - startsAt) / windowMs },
        (_, index) => startsAt + index * windowMs,
      );
      return all.filter((at) => !starts.some((from, index) => at >= from && at < ends[index]!));
    }

    it('the game clock has run for exactly as long as the scenario lasts', () => {
      const windows = scoringWindows();
      expect(windows.length * scenario.pay.windowMs).toBe(scenario.durationMs);
    });

    it('no fault of the timeline was left out because the game stood still when its moment came', () => {
      const planned = scenario.timeline.flatMap((entry) => (entry.type === 'fault' ? [entry.id] : []));
      const struck = raw.events.flatMap((event) =>
        event.type === 'dev.payday.fault.changed' ? [event.data.fault.injectionId] : [],
      );
      expect([...new Set(struck)].sort()).toEqual(planned.sort());
    });

    it('the ledger holds every window of the game clock in which something was measured, and no other', async () => {
      const { windowMs } = scenario.pay;
      const open = scoringWindows();
      const measured = new Set(
        results
          .filter(({ outcome }) => outcome !== 'prober_error')
          .map(({ intendedAt }) => open.find((at) => intendedAt >= at && intendedAt < at + windowMs))
          .filter((at) => at !== undefined),
      );
      const inLedger = new Set((await wholeLedger(game.url)).map(({ windowStartAt }) => windowStartAt));
      expect([...inLedger].sort()).toEqual([...measured].sort());
      // A kill may come before the first result of a window is durable; each kill costs at most that one window.
      expect(measured.size).toBeGreaterThanOrEqual(open.length - KILLS);
    });

    it('no acknowledged result was lost, and none counts twice although the log holds some twice', () => {
      const stored = new Map(raw.batches.map((batch) => [batchKey(batch), batch]));
      for (const [key, { results: sent }] of witness!.acknowledged)
        expect({ key, results: stored.get(key)?.outcome.length }).toEqual({ key, results: sent.length });
      expect(witness!.acknowledged.size).toBeGreaterThan(50);
      expect(witness!.repeatsTaken).toBeGreaterThan(0);
      expect(raw.batches.length - stored.size).toBeGreaterThanOrEqual(witness!.repeatsTaken);
    });

    it('the ledger is, count by count and cent by cent, what the oracle makes of the raw log', async () => {
      const expected = naiveLedger(scenario, raw.events, results);
      const entries = await wholeLedger(game.url);
      const actual = entries.map(
        ({ teamId, windowIndex, serviceId, reason, counterpartyId, count, cents }) => [
          [teamId, windowIndex, serviceId, reason, counterpartyId].join('|'),
          { count, cents },
        ],
      );
      expect(entries.length).toBeGreaterThan(500);
      expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
      expect(actual).toHaveLength(expected.size);
    });

    it('every salary is the sum of its ledger, on the page, in the API and in the terminal', async () => {
      const view = await standings(game.url);
      const printed = game.stdout.split('Final standings\n')[1]!;
      for (const { team, salaryCents } of view.standings) {
        const page = await ledgerPage(game.url, team.id);
        expect([team.id, page.salaryCents, page.total.cents]).toEqual([team.id, salaryCents, salaryCents]);
        expect(sumOfCents(page.entries)).toBe(salaryCents);
        expect(printed).toMatch(
          new RegExp(`${escaped(team.name)} +${escaped(formatCents(salaryCents))}$`, 'm'),
        );
      }
    });

    it('Ctrl-C leaves nothing behind', async () => {
      game.ctrlC();
      expect(await game.exited).toEqual({ code: 0, signal: null });
      await folder.allGone();
    }, 10_000);

    it('--resume shows the final standings again', async () => {
      const again = await GameProcess.start(folder, ['--resume', '--exit-at-end']);
      expect(await again.exited).toEqual({ code: 0, signal: null });
      const table = (stdout: string): string =>
        stdout.split('Final standings\n')[1]!.split('\n\n')[0]!.trimEnd();
      expect(table(again.stdout)).toBe(table(game.stdout));
      expect(again.stderr).toBe('');
      await folder.allGone();
    }, 60_000);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
