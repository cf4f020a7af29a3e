import type { GameEventData, Scenario, TimelineEntry } from '#contracts';
import { Game, NO_LIMITS, START, all, faultEntry, newsEntry } from '../testing/game.js';

async function playing(timeline: TimelineEntry[], chaos: Partial<Scenario['chaos']> = {}): Promise<Game> {
  return new Game(timeline, { chaos: { ...NO_LIMITS, ...chaos } }).boot();
}

describe('windows that don’t score', () => {
  const excuses = (game: Game): GameEventData['dev.payday.windows.excused'][] =>
    game.store.events.flatMap((event) => (event.type === 'dev.payday.windows.excused' ? [event.data] : []));
  const paused = (id: string, atMs: number) =>
    faultEntry(id, atMs, { scoring: 'pause', teams: ['garm'], ttlMs: 5_400 });

  it('are published when the fault fires and when it is verified gone, on window boundaries', async () => {
    const game = await playing([paused('sorry', 10_300)]);
    await game.at(10_400);
    const about = { excuseId: 'sorry/garm', teamId: 'garm', serviceId: 'catalog', reason: 'Trouble sorry' };
    const from = { ...about, fromAt: START + 10_000 };
    expect(excuses(game)).toEqual([{ ...from, untilAt: null }]);
    expect(game.published().slice(0, 2)).toEqual(['sorry/garm firing', 'dev.payday.windows.excused']);
    game.driver.stubborn.add('garm');
    await game.at(18_200);
    game.driver.stubborn.clear();
    await game.at(40_000);
    const gone = game.store.events.find(
      (e) => e.type === 'dev.payday.fault.changed' && e.data.fault.state === 'reverted',
    )!;
    const untilAt = START + (Math.floor((gone.time - START) / 1000) + 1) * 1000;
    expect(excuses(game).slice(1)).toEqual([{ ...from, untilAt }]);
    expect(untilAt).toBeGreaterThan(START + 18_000);
  });

  it('end even if the fault could not be fired, and after a restart', async () => {
    const game = await playing([paused('failing', 10_000), paused('killed', 30_000)]);
    game.driver.failing.add('garm');
    await game.at(14_000);
    game.driver.failing.clear();
    await game.at(32_000);
    game.process.kill();
    await game.at(50_000);
    await game.boot();
    await game.at(51_000);
    const ends = new Map(excuses(game).map(({ excuseId, untilAt }) => [excuseId, untilAt]));
    expect([...ends.keys()]).toEqual(['failing/garm', 'killed/garm']);
    for (const untilAt of ends.values()) expect(untilAt).not.toBeNull();
  });

  it('do not exist without a fired fault, or for other faults', async () => {
    const game = await playing([paused('sorry', 10_000), faultEntry('usual', 20_000)]);
    await game.at(5_000);
    await game.publishEvent('dev.payday.game.paused', { fromAt: START + 6_000, reason: '' });
    await game.publishEvent('dev.payday.game.ended', { endsAt: START + 30_000 });
    await game.at(40_000);
    expect(excuses(game)).toEqual([]);
  });
});

describe('announcements', () => {
  it('contain pictures and videos', async () => {
    const media = { pictureUrl: '/ceo.png', videoUrl: 'https://video.test/ceo' };
    const game = await playing([newsEntry('ceo', 1_000, media)]);
    await game.at(2_000);
    expect(game.store.events[0]!.data).toEqual({ announcementId: 'ceo', text: 'News ceo', ...media });
  });
});

describe('an entry that becomes due between two readings of the clock', () => {
  it.each(Array.from({ length: 12 }, (_, readings) => readings))(
    'runs immediately: the machine was busy after %i readings',
    async (readings) => {
      const game = await playing([newsEntry('a', 10_000), newsEntry('b', 10_010), newsEntry('c', 110_000)]);
      await game.at(9_999);
      game.time.lagAfter(readings, 20);
      await game.at(12_000);
      expect(game.published()).toEqual(['News a', 'News b']);
    },
  );
});

describe('storing an entry that only seemed to fail', () => {
  it('leaves no fault without a runner', async () => {
    const game = await playing([faultEntry('outage', 10_000, { ttlMs: 60_000 })]);
    const takeEntry = game.store.takeEntry.bind(game.store);
    game.store.takeEntry = async (...args) => {
      await takeEntry(...args);
      throw new Error('the connection was lost behind the commit');
    };
    await game.at(10_100);
    game.store.takeEntry = takeEntry;
    expect(game.driver.activations).toEqual([]);
    await game.at(12_000);
    expect(game.driver.acting()).toEqual(all('outage'));
    await game.at(71_000);
    expect(game.driver.acting()).toEqual([]);
  });
});

describe('an entry that waits while another one is stored', () => {
  it.each<[string, number, (game: Game) => Promise<void>]>([
    ['the end of the game', 119_000, async () => undefined],
    [
      'the beginning of a pause',
      50_000,
      (game) => game.publishEvent('dev.payday.game.paused', { fromAt: START + 50_000, reason: 'lunch' }),
    ],
  ])('does not strike after %s', async (_, atMs, meanwhile) => {
    const game = await playing([faultEntry('first', atMs - 1), faultEntry('second', atMs - 1)]);
    const takeEntry = game.store.takeEntry.bind(game.store);
    game.store.takeEntry = async (...args) => {
      await new Promise<void>((resolve) => game.time.after(3_000, resolve));
      return takeEntry(...args);
    };
    await game.at(atMs);
    await meanwhile(game);
    await game.at(130_000);
    expect(game.driver.activations.map(({ faultId }) => faultId)).not.toContain('second/garm');
  });
});
