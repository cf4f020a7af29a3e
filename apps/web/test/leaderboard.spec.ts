import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { FakeGame } from '../dev/fake-game.js';
import { startFakeServer, type FakeServer } from '../dev/fake-server.js';
import { describeWithChromium, launchChromium } from './chromium.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const HOUR_MS = 3_600_000;

function newGame(teams: number, more: { epoch?: string; names?: string[] } = {}): FakeGame {
  const nowMs = Date.now();
  const timing = { startsAt: nowMs - HOUR_MS, nowMs, endsAt: nowMs + HOUR_MS };
  return new FakeGame({ teams, epoch: 'first', ...timing, ...more });
}

/** What a screen reader would get: rank, team and salary of each row, in the order of the document. */
function readRows(page: Page): Promise<{ rank: string; team: string; salary: string }[]> {
  return page.$$eval('.rows [role=row]', (rows) =>
    rows.map((row) => ({
      rank: row.querySelector('.rank')?.textContent ?? '',
      team: row.querySelector('[role=rowheader] bdi')?.textContent ?? '',
      salary: row.querySelector('.salary')?.textContent ?? '',
    })),
  );
}

describeWithChromium('the leaderboard page in a browser', (chromiumPath) => {
  let root: string;
  let browser: Browser;
  let server: FakeServer | undefined;
  let page: Page | undefined;
  let complaints: string[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'payday-web-'));
    const vite = join(REPOSITORY, 'node_modules/vite/bin/vite.js');
    const build = [vite, 'build', 'apps/web', '--outDir', root, '--emptyOutDir', '--logLevel', 'error'];
    await promisify(execFile)(process.execPath, build, { cwd: REPOSITORY, env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' } }); // prettier-ignore
    browser = await launchChromium(chromiumPath);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await rm(root, { recursive: true, force: true });
  });

  afterEach(async () => {
    await page?.close();
    await server?.close();
    page = server = undefined;
  });

  async function open(game: FakeGame, query = '', size = { width: 1920, height: 1080 }): Promise<Page> {
    server = await startFakeServer({ game, root });
    page = await browser.newPage({ viewport: size, locale: 'en-US' });
    complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^https?:\/\/127\.0\.0\.1:/.test(request.url()))
        complaints.push(`remote request: ${request.url()}`);
    });
    await page.goto(server.url + query);
    await page.waitForSelector('.rows [role=row]');
    return page;
  }

  const overflow = (at: Page) =>
    at.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return { wide: scrollWidth - innerWidth, high: scrollHeight - innerHeight };
    });

  test.each([8, 10, 12, 42, 60, 80])(
    '%i teams fit 1920×1080 in order of rank, without errors',
    async (teams) => {
      const game = newGame(teams);
      const at = await open(game);
      const expected = game.view.standings.slice(0, teams > 60 ? 28 : teams).map(({ team }) => team.name);
      expect((await readRows(at)).map(({ team }) => team)).toEqual(expected);
      expect(await overflow(at)).toEqual({ wide: 0, high: 0 });
      // Nothing hangs out of the board either: the page hides what overflows.
      const lowest = await at.$$eval('.rows [role=row]', (rows) => Math.max(...rows.map((row) => row.getBoundingClientRect().bottom))); // prettier-ignore
      expect(lowest).toBeLessThanOrEqual(1080);
      expect(complaints).toEqual([]);
    },
  );

  test('one design at every size: 3840×2160 is 1920×1080 doubled', async () => {
    const at = await open(newGame(10));
    const box = () =>
      at.$eval('.rows [role=row]:last-child .salary', (e) => e.getBoundingClientRect().toJSON() as DOMRect);
    const small = await box();
    await at.setViewportSize({ width: 3840, height: 2160 });
    const large = await box();
    expect(large.height / small.height).toBeCloseTo(2, 1);
    expect(large.right / small.right).toBeCloseTo(2, 1);
  });

  test('a delta moves a row: the document is in the new order at once, and the row glides there', async () => {
    const game = newGame(8);
    const at = await open(game);
    const last = game.view.standings.at(-1)!;
    const moved = game.change(Date.now(), () => {
      last.salaryCents = game.view.standings[0]!.salaryCents + 123_400;
      last.services[0]!.state = 'down';
    });
    server!.send(moved);
    await at.waitForFunction((name) => document.querySelector('[role=rowheader] bdi')?.textContent === name, last.team.name); // prettier-ignore
    const gliding = await at.$eval('.rows [role=row]', (row) => row.getAnimations().map(({ id }) => id));
    expect(gliding).toEqual(['glide']);
    await at.waitForFunction(() => document.querySelector('.rows [role=row]')?.getAnimations().length === 0);
    expect((await readRows(at)).map(({ rank }) => rank)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(await at.$eval('.status.down.changed', (status) => status.getAttribute('aria-label'))).toBe(
      'router: down',
    );
    const dollars = Math.floor(last.salaryCents / 100).toLocaleString('en-US');
    await at.waitForFunction(
      (text) => document.querySelector('.rows .salary')?.textContent === text,
      `$${dollars}`,
    );
    expect(complaints).toEqual([]);
  });

  test('a row that changes the column appears at its new place, and passes over no other row', async () => {
    const game = newGame(42);
    const at = await open(game);
    const last = game.view.standings.at(-1)!;
    server!.send(game.change(Date.now(), () => (last.salaryCents = game.view.standings[0]!.salaryCents + 1)));
    await at.waitForFunction((name) => document.querySelector('[role=rowheader] bdi')?.textContent === name, last.team.name); // prettier-ignore
    const animations = await at.$$eval('.rows [role=row]', (rows) =>
      rows.map((row) => row.getAnimations().map(({ id }) => id)),
    );
    // The last team comes from the right to the top of the left; the 21st makes room for it, to the right.
    expect([animations[0], animations[21]]).toEqual([['appear'], ['appear']]);
    expect(animations.filter(([id]) => id === 'glide')).toHaveLength(40);
    expect(complaints).toEqual([]);
  });

  test('news stays on one line where it stands below two columns, and is cut off with an ellipsis', async () => {
    const game = newGame(42);
    const event = { kind: 'announcement' as const, text: 'Everybody is promised a unicorn. '.repeat(5) };
    game.view.ticker = ['a', 'b', 'c'].map((id) => ({ id, at: Date.now(), event }));
    const at = await open(game);
    const lines = await at.$$eval('.headline p', (news) =>
      news.map((p) => Math.round(p.clientHeight / parseFloat(getComputedStyle(p).fontSize))),
    );
    expect(lines).toEqual([1, 1, 1]);
    expect(await overflow(at)).toEqual({ wide: 0, high: 0 });
  });

  test.each([-150_000, -1_250_000, -125_000_000])(
    'the graph gives its axis the room that a salary of %i cents needs',
    async (salaryCents) => {
      const game = newGame(8);
      for (const { salaryCents: all } of game.salaryHistory().series) all.fill(salaryCents);
      game.change(Date.now(), ({ standings }) => standings.forEach((row) => (row.salaryCents = salaryCents)));
      const at = await open(game);
      await at.waitForFunction(() => document.querySelector('.graph .rule text')?.textContent?.startsWith('\u2212')); // prettier-ignore
      const cutOff = await at.$eval('.graph svg', (svg) => {
        const { left } = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll('.rule text')];
        return texts
          .filter((text) => text.getBoundingClientRect().left < left)
          .map((text) => text.textContent);
      });
      expect(cutOff).toEqual([]);
    },
  );

  test('reduced motion: rows jump and figures do not count', async () => {
    const game = newGame(8);
    const at = await open(game);
    await at.emulateMedia({ reducedMotion: 'reduce' });
    const last = game.view.standings.at(-1)!;
    server!.send(game.change(Date.now(), () => (last.salaryCents = 99_999_900)));
    await at.waitForFunction(() => document.querySelector('.rows .salary')?.textContent === '$999,999');
    expect(await at.$eval('.rows [role=row]', (row) => row.getAnimations().length)).toBe(0);
  });

  test('a gap: asks to resume and catches up', async () => {
    const game = newGame(8);
    const at = await open(game);
    const from = game.view.seq;
    const [first, second] = [...game.view.standings];
    const pay = (teamId: string, cents: number) =>
      game.change(Date.now(), ({ standings }) => {
        standings.find(({ team }) => team.id === teamId)!.salaryCents = cents;
      });
    pay(second!.team.id, 90_000_000);
    const seen = pay(first!.team.id, 91_000_000);
    server!.send(seen);
    await at.waitForFunction(() => document.querySelector('.rows .salary')?.textContent === '$910,000');
    expect(server!.resumes).toEqual([{ epoch: 'first', seq: from }]);
    expect((await readRows(at)).map(({ team }) => team).slice(0, 2)).toEqual([
      first!.team.name,
      second!.team.name,
    ]);
  });

  test('silence turns the age amber, then dims the board; the page waits for a killed server, and follows its successor', async () => {
    const at = await open(newGame(8));
    await at.waitForSelector('.page[data-fresh=live]');
    const { port } = server!;
    await server!.close();
    server = undefined;
    await at.waitForSelector('.page[data-fresh=late]', { timeout: 8_000 });
    await at.waitForSelector('.page[data-fresh=stale]', { timeout: 12_000 });
    expect(await at.textContent('.strip.notice')).toMatch(/^Connection lost.*Reconnecting, try \d+…/);
    const successor = newGame(10, { epoch: 'second' });
    server = await startFakeServer({ game: successor, root, port });
    await at.waitForSelector('.page[data-fresh=live]', { timeout: 8_000 });
    expect((await readRows(at)).map(({ team }) => team)).toEqual(
      successor.view.standings.map(({ team }) => team.name),
    );
    expect(await at.$('.strip.notice')).toBeNull();
  }, 40_000);

  test('a paused game and final standings are calm; frozen standings show since when', async () => {
    const game = newGame(8);
    const at = await open(game);
    const become = (edit: () => void) => server!.send(game.change(Date.now(), edit));
    become(() => (game.view.game.frozen = true));
    await at.waitForSelector('.page.frozen');
    expect(await at.textContent('.now .value')).toMatch(/^Standings frozen at \d\d:\d\d$/);
    become(() => Object.assign(game.view.game, { state: 'sealed' }));
    await at.waitForSelector('.page.frozen:not(.final)');
    expect(await at.textContent('.now .value')).toBe('The ceremony tells who won');
    expect(await at.textContent('.live .word')).toBe('Frozen');
    expect(await at.$$eval('.rows .pay', (cells) => cells.map((cell) => cell.textContent).join(''))).toBe('');
    become(() => Object.assign(game.view.game, { frozen: false, state: 'paused', pausedAt: Date.now() }));
    await at.waitForSelector('.page.held[data-fresh=calm]');
    expect(await at.textContent('.clock .label')).toBe('Paused, time left');
    become(() => Object.assign(game.view.game, { state: 'sealed', pausedAt: null }));
    await at.waitForSelector('.page.final[data-fresh=calm]');
    expect(await at.textContent('.now .value')).toBe('Final standings');
    expect(await at.textContent('.live .word')).toBe('Final');
  });

  test('a team that is changed has its new name and colour everywhere at once, also in old news and while no salary changes', async () => {
    const game = newGame(8);
    const { team } = game.view.standings[0]!;
    game.view.ticker = [{ id: 'n', at: Date.now(), event: { kind: 'salary_negative', teamId: team.id } }];
    game.view.game.frozen = true;
    const at = await open(game);
    const shown = () =>
      at.evaluate(() => ({
        row: document.querySelector('[role=rowheader] bdi')!.textContent,
        bar: document.querySelector<HTMLElement>('[role=rowheader] .bar')!.style.backgroundColor,
        graph: document.querySelector('.graph .name')?.textContent,
        line: document.querySelector<SVGElement>('.graph .line.leader:last-of-type')?.style.stroke,
        news: document.querySelector('.ticker p')!.textContent,
      }));
    await at.waitForSelector('.graph .name');
    expect(await shown()).toMatchObject({ row: team.name, graph: team.name });
    const { ticker: _, ...delta } = game.change(Date.now(), ({ standings }) => {
      standings[0]!.team = { ...team, name: 'Garm', color: 'rgb(1, 2, 3)' };
    });
    server!.send(delta);
    await at.waitForFunction(() => document.querySelector('[role=rowheader] bdi')?.textContent === 'Garm');
    const color = 'rgb(1, 2, 3)';
    expect(await shown()).toEqual({
      row: 'Garm',
      bar: color,
      graph: 'Garm',
      line: color,
      news: 'Garm now pays to work here',
    });
  });

  test('Japanese by address, switched by keyboard, and the document says which', async () => {
    const at = await open(newGame(8), '/?lang=ja');
    expect(await at.getAttribute('html', 'lang')).toBe('ja');
    expect(await at.textContent('.head .salary')).toBe('給与');
    await at.keyboard.press('Tab');
    await at.keyboard.press('Enter');
    await at.waitForSelector('html[lang=en]');
    expect(await at.textContent('.head .salary')).toBe('Salary');
    expect(at.url()).toContain('lang=en');
    expect(complaints).toEqual([]);
  });

  test('hostile team names are text, and break no row', async () => {
    const names = [
      '<img src=x onerror=alert(1)>',
      'W'.repeat(40),
      'مرحبا فريق',
      '👩‍👩‍👧‍👦🦄🏴‍☠️',
      '\u202eevil',
      'Z̸̢̛̛a̷l̵g̶o̸',
    ];
    const at = await open(newGame(8, { names }));
    expect((await readRows(at)).map(({ team }) => team)).toEqual(expect.arrayContaining(names));
    expect(await at.$$('.board img')).toHaveLength(0);
    const heights = await at.$$eval('.rows [role=row]', (rows) => new Set(rows.map((row) => Math.round(row.getBoundingClientRect().height))).size); // prettier-ignore
    expect(heights).toBe(1);
    expect(await overflow(at)).toEqual({ wide: 0, high: 0 });
    expect(complaints).toEqual([]);
  });

  test('a phone gets one column that scrolls downwards only', async () => {
    const at = await open(newGame(42), '', { width: 390, height: 844 });
    expect(await readRows(at)).toHaveLength(42);
    const { wide, high } = await overflow(at);
    expect(wide).toBe(0);
    expect(high).toBeGreaterThan(0);
  });
});
