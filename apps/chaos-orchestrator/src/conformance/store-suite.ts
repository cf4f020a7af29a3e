import type { GameEvent } from '#contracts';
import { DEFAULT_POLICY, arm, step, type Fault } from '#faults';
import type { ChaosStore, NewEvent } from '../store/store.js';

export interface StoreBench {
  store: ChaosStore;
  /** Another store on the same data, as after a restart. */
  reopen(): ChaosStore;
  /** The events on the game-events topic, in order. */
  published(): Promise<GameEvent[]>;
  /** The actions in the audit log, in order. */
  audited(): Promise<string[]>;
}

const NOW = 1_700_000_000_000;

/** Checks every guarantee of `ChaosStore` for one implementation, as named tests. */
export function describeChaosStore(name: string, open: () => Promise<StoreBench>): void {
  describe(`chaos store ${name}`, () => {
    let bench: StoreBench;
    /** Every test has its own games. */
    let gameId: string;
    let count = 0;
    let seq = 0;

    beforeEach(async () => {
      bench = await open();
      gameId = `game-${++count}`;
    });

    const fault = (teamId: string, injectionId = 'outage'): Fault =>
      arm({
        gameId,
        injectionId,
        teamId,
        serviceId: 'catalog',
        kind: 'slow',
        params: { delayMs: 250, why: 'Ärger "im" Zoo 🦄' },
        label: 'Slow',
        ttlMs: 10_000,
        dueAt: NOW,
      });
    const changed = ({ info }: Fault): NewEvent => ({
      gameId,
      type: 'dev.payday.fault.changed',
      time: NOW,
      data: { fault: info },
    });
    const firing = (armed: Fault): Fault => step(armed, { type: 'due' }, NOW, DEFAULT_POLICY).fault;
    const over = (armed: Fault): Fault =>
      step(armed, { type: 'stop-requested', reason: 'done' }, NOW, DEFAULT_POLICY).fault;
    const entry = (entryId: string) => ({
      ...{ gameId, entryId, outcome: 'fired' as const, detail: 'why', at: NOW },
    });
    const audit = (action = 'timeline.fired') => ({
      at: NOW,
      actor: { tokenId: null, role: 'system' as const, label: 'timeline' },
      ...{ action, subject: { game: gameId }, details: {} },
    });
    const recover = async () => {
      const { unfinished, doneEntries, recent, heldGames, commands, lastSeq } = await bench
        .reopen()
        .recover({ faults: 100, commands: 100 });
      return {
        unfinished: unfinished.filter((each) => each.gameId === gameId),
        done: doneEntries.filter((each) => each.gameId === gameId).map(({ entryId }) => entryId),
        recent,
        doneEntries: doneEntries.filter((each) => each.gameId === gameId),
        isHeld: heldGames.includes(gameId),
        commands,
        lastSeq,
      };
    };
    const published = async () => (await bench.published()).filter(({ subject }) => subject === gameId);

    it('durable: returns the latest complete state of each fault', async () => {
      const [a, b] = [fault('fenrir'), fault('garm')];
      await bench.store.save([a, b], []);
      await bench.store.save([firing(a)], []);
      expect((await recover()).unfinished).toEqual([firing(a), b]);
    });

    it('durable: keeps done entries and reverted faults', async () => {
      await bench.store.takeEntry(entry('one'), [fault('fenrir', 'one'), fault('garm', 'one')], [], audit());
      await bench.store.takeEntry(entry('two'), [fault('garm', 'two')], [], audit());
      await bench.store.save([over(fault('garm', 'two'))], []);
      const known = await recover();
      expect(known.done.sort()).toEqual(['one', 'two']);
      expect(known.unfinished.map(({ info }) => info.id)).toEqual(['one/fenrir', 'one/garm']);
      expect(known.recent[0]).toEqual({ gameId, info: over(fault('garm', 'two')).info });
    });

    it('separates faults with the same id in two games', async () => {
      const mine = fault('fenrir');
      await bench.store.save([mine, { ...over(mine), gameId: `${gameId}-other` }], []);
      expect((await recover()).unfinished).toEqual([mine]);
    });

    it('at most once: takes an entry for exactly one of many callers, with its faults', async () => {
      const attempts = ['fenrir', 'garm', 'hati', 'skoll'].map((teamId) => {
        const struck = fault(teamId);
        return bench.store.takeEntry(entry('one'), [struck], [changed(struck)], audit());
      });
      const results = await Promise.all(attempts);
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await recover()).unfinished).toHaveLength(1);
      expect(await published()).toHaveLength(1);
      expect(await bench.store.takeEntry(entry('one'), [fault('loki')], [], audit())).toBe(false);
    });

    it('published: numbers events in order and without gaps, across restarts', async () => {
      const [a, b] = [fault('fenrir'), fault('garm')];
      await bench.store.takeEntry(entry('one'), [a, b], [changed(a), changed(b)], audit());
      await bench.reopen().save([firing(a)], [changed(firing(a))]);
      const events = await published();
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      expect(new Set(events.map(({ id }) => id)).size).toBe(3);
      expect(events.map(({ source }) => source)).toEqual(Array(3).fill('/chaos-orchestrator'));
      expect(events.map(({ data }) => (data as { fault: { state: string } }).fault.state)).toEqual([
        'armed',
        'armed',
        'firing',
      ]);
    });

    const command = (commandId: string, result: object | null = { fine: true }) => ({
      commandId: `${gameId}-${commandId}`,
      seq: ++seq,
      action: 'inject',
      hash: 'h',
      result,
    });

    it('durable: keeps commands, their answers, and held timelines', async () => {
      const [first, second] = [command('one'), command('two', null)];
      expect(
        await bench.store.takeCommand(first, { holds: [{ gameId, held: true }], audit: audit() }),
      ).toBeNull();
      expect((await recover()).isHeld).toBe(true);
      await bench.store.takeCommand(second, { holds: [{ gameId, held: false }], audit: audit() });
      const known = await recover();
      expect(known).toMatchObject({ isHeld: false, lastSeq: second.seq });
      expect(known.commands.slice(0, 2)).toEqual([second, first]);
      await bench.store.finishCommand(second.commandId, { late: 1 }, audit());
      expect(await bench.reopen().findCommand(second.commandId)).toEqual({ ...second, result: { late: 1 } });
      expect(await bench.store.findCommand('unknown')).toBeNull();
    });

    it('at most once: takes a command for exactly one of many callers, with its faults', async () => {
      const one = command('one');
      const struck = fault('fenrir', 'by-hand');
      const changes = { faults: [struck], events: [changed(struck)], audit: audit() };
      const answers = await Promise.all([1, 2, 3].map(() => bench.store.takeCommand(one, changes)));
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      expect(answers.filter((answer) => answer !== null)).toEqual([one, one]);
      expect(await published()).toHaveLength(1);
      expect(await bench.store.unfinishedOf(gameId, 'by-hand')).toEqual([struck]);
      expect(await bench.store.unfinishedOf(gameId, 'other')).toEqual([]);
    });

    it('atomic: stores nothing of a command whose entry was taken or whose audit entry is invalid', async () => {
      await bench.store.takeEntry(entry('one'), [], [], audit());
      const skip = { ...entry('one'), outcome: 'skipped' as const };
      const late = command('late');
      await expect(bench.store.takeCommand(late, { entry: skip, audit: audit() })).rejects.toMatchObject({
        code: 'wrong_state',
      });
      expect(await bench.store.findCommand(late.commandId)).toBeNull();
      expect((await recover()).doneEntries).toEqual([entry('one')]);
      await bench.store.takeCommand(late, { entry: { ...skip, entryId: 'two' }, audit: audit() });
      expect((await recover()).done.sort()).toEqual(['one', 'two']);
      const before = (await bench.audited()).length;
      const bad = { ...audit(), details: { endless: Infinity } };
      await expect(bench.store.takeEntry(entry('three'), [fault('hati')], [], bad)).rejects.toThrow();
      expect((await recover()).done).not.toContain('three');
      expect(await bench.audited()).toHaveLength(before);
    });

    it('audited: everything taken is in the audit log, once', async () => {
      const [one, two] = [command('one'), command('two', null)];
      const before = (await bench.audited()).length;
      for (const each of [one, one, two])
        await bench.store.takeCommand(each, { audit: audit('fault.injected') });
      await bench.store.finishCommand(two.commandId, {}, null);
      await bench.store.takeEntry(entry('one'), [], [], audit());
      expect((await bench.audited()).slice(before)).toEqual([
        'fault.injected',
        'fault.injected',
        'timeline.fired',
      ]);
    });

    it('any text: stores details from remote systems, even with NUL characters and unpaired surrogates', async () => {
      const armed = fault('fenrir');
      const said = { ...armed, info: { ...armed.info, detail: 'it said: \0 \ud83e' } };
      await bench.store.save([said], [changed(said)]);
      await bench.store.takeCommand(command('one', { faults: [said.info] }), {
        audit: audit('chaos.stopped'),
      });
      const other = command('two', null);
      await bench.store.takeCommand(other, { audit: audit('chaos.stopped') });
      await bench.store.finishCommand(other.commandId, { verified: [said.info] }, null);
      const { unfinished, commands } = await recover();
      expect(unfinished.map(({ info }) => info.detail)).toEqual([expect.stringMatching(/^it said: . .$/su)]);
      expect(commands.filter(({ result }) => JSON.stringify(result)?.includes('it said'))).toHaveLength(2);
    });

    it('atomic: a failed call stores nothing', async () => {
      const bad = fault('garm');
      const impossible = { ...bad, info: { ...bad.info, state: 'no such state' as 'armed' } };
      const failed = bench.store.takeEntry(
        entry('one'),
        [fault('fenrir'), impossible],
        [changed(bad)],
        audit(),
      );
      await expect(failed).rejects.toThrow();
      expect(await recover()).toMatchObject({ unfinished: [], done: [] });
      expect(await published()).toEqual([]);
    });
  });
}
