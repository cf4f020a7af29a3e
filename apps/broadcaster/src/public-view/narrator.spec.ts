import type { ServiceState, StandingRow } from '#contracts';
import { PlaceWatch } from './place-watch.js';
import { ServiceWatch, type ServiceNews } from './service-watch.js';
import { Throttle } from './throttle.js';

describe('ServiceWatch', () => {
  /** One letter per second of event time: Up, Slow, Failing, Down, Missing, or ? for unknown. */
  const STATES: Record<string, ServiceState> = {
    U: 'up',
    S: 'slow',
    F: 'failing',
    D: 'down',
    M: 'missing',
    '?': 'unknown',
  };
  const run = (story: string): string[] => {
    const watch = new ServiceWatch();
    const word = (news: ServiceNews): string =>
      news.kind === 'trouble' ? news.state : `recovered after ${news.afterMs / 1000}`;
    return [...story].flatMap((letter, second) => {
      const news = watch.observe(STATES[letter]!, 1_000_000 + second * 1000);
      return news ? [`${second}: ${word(news)}`] : [];
    });
  };

  test.each([
    ['an outage and its repair', 'UDDDDUUUUU', ['3: down', '8: recovered after 4']],
    ['a blip', 'UDUUUUU', []],
    ['flapping statuses are announced once', 'UDDDUDUDUDUUUU', ['3: down', '13: recovered after 9']],
    ['it gets worse', 'UFFFDDDUUUU', ['3: failing', '6: down', '10: recovered after 6']],
    ['it gets a little better', 'UDDDFFFSSSSSSUUUU', ['3: down', '16: recovered after 12']],
    ['swaying between failing and down', 'UFDFDFD', ['3: failing']],
    ['slowness waits longer', 'USSSSUUUUSSSSSSUUUU', ['14: slow', '18: recovered after 6']],
    ['a service that never worked', '??DDDDDDUUUU', []],
    ['no endpoint is no news, but its return is', 'UDDDMMMUUUU', ['3: down', '10: recovered after 6']],
    [
      'two outages',
      'UDDDUUUUDDDUUUU',
      ['3: down', '7: recovered after 3', '10: down', '14: recovered after 3'],
    ],
  ])('%s', (_, story, expected) => {
    expect(run(story)).toEqual(expected);
  });
});

describe('PlaceWatch', () => {
  /** One word per second: teams from first to last; `=` ties a team with the one before. */
  const rows = (word: string): StandingRow[] => {
    let rank = 0;
    return word.split(',').map((each, index) => {
      const tied = each.startsWith('=');
      if (!tied) rank = index + 1;
      return { rank, team: { id: each.replace('=', '') } } as StandingRow;
    });
  };
  const run = (...story: string[]): string[] => {
    const watch = new PlaceWatch();
    return story.flatMap((word, second) =>
      watch
        .observe(rows(word), second * 1000, second * 1000)
        .map(({ rank, teamId, fromTeamId }) => `${second}: ${teamId} takes ${rank} from ${fromTeamId}`),
    );
  };
  const hold = (word: string, seconds = 4): string[] => Array.from({ length: seconds }, () => word);

  test.each([
    ['the first order is no news', hold('a,b,c,d', 9), []],
    ['an overtaking', [...hold('a,b,c,d'), ...hold('b,a,c,d')], ['7: b takes 1 from a']],
    ['neck and neck', [...hold('a,b,c'), ...['b,a,c', 'a,b,c', 'b,a,c', 'a,b,c', 'b,a,c', 'b,a,c']], []],
    ['a rise from far below', [...hold('a,b,c,d,e'), ...hold('a,e,b,c,d')], ['7: e takes 2 from b']],
    [
      'a fall raises the others, and each rise is announced',
      [...hold('a,b,c,d'), ...hold('b,c,a,d')],
      ['7: b takes 1 from a', '7: c takes 2 from a'],
    ],
    ['no team holds a shared place', [...hold('a,b,c,d'), ...hold('a,=b,c,d')], []],
    ['places below the third are not announced', [...hold('a,b,c,d,e'), ...hold('a,b,c,e,d')], []],
  ])('%s', (_, story, expected) => {
    expect(run(...story)).toEqual(expected);
  });
});

test('Throttle allows a burst, and more after its time span', () => {
  const throttle = new Throttle(2, 1000);
  expect([0, 100, 200, 999, 1000, 1050, 1100].map((at) => throttle.pass(at))).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
});
