import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { FakeGame } from '../dev/fake-game.js';
import { FAKE_TOKEN, startFakeServer, type FakeServer } from '../dev/fake-server.js';
import { describeWithChromium, launchChromium } from './chromium.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

describeWithChromium('the page of what was not scored, in a browser', (chromiumPath) => {
  let root: string;
  let browser: Browser;
  let server: FakeServer;
  let page: Page;
  let complaints: string[] = [];
  let addresses: string[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'payday-referee-'));
    const vite = join(REPOSITORY, 'node_modules/vite/bin/vite.js');
    const build = [vite, 'build', 'apps/web', '--outDir', root, '--emptyOutDir', '--logLevel', 'error'];
    const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' };
    await promisify(execFile)(process.execPath, build, { cwd: REPOSITORY, env });
    browser = await launchChromium(chromiumPath);
    const nowMs = Date.now();
    const timing = { startsAt: nowMs - 3_600_000, nowMs, endsAt: nowMs + 3_600_000 };
    server = await startFakeServer({ game: new FakeGame({ teams: 4, epoch: 'e', ...timing }), root });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(root, { recursive: true, force: true });
  });

  afterEach(() => page?.close());

  async function open(query = '', size = { width: 1280, height: 800 }): Promise<Page> {
    page = await browser.newPage({ viewport: size, locale: 'en-US' });
    complaints = [];
    addresses = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => addresses.push(request.url()));
    await page.goto(`${server.url}/referee${query}`);
    return page;
  }

  async function enter(at: Page, token: string): Promise<void> {
    await at.waitForSelector('#token');
    await at.fill('#token', token);
    await at.press('#token', 'Enter');
  }

  it('asks for a token and shows nothing without one', async () => {
    const at = await open();
    await at.waitForSelector('#token');
    expect(await at.$('table')).toBeNull();
    expect(addresses.filter((url) => url.includes('unscored'))).toEqual([]);
    await enter(at, 'guessed');
    await at.waitForSelector('[role=alert]');
    expect(await at.textContent('[role=alert]')).toMatch(/^The token was refused/);
    expect(await at.$('table')).toBeNull();
    expect(await at.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('shows shares by team and service and the worst windows; a token appears in no URL, and can be discarded', async () => {
    const at = await open();
    await enter(at, FAKE_TOKEN);
    await at.waitForSelector('table');
    expect(await at.textContent('.verdict')).toMatch(
      /of all requests were not scored\. Some of it is above 1 %/,
    );
    const cells = await at.$$eval('table:first-of-type tbody tr', (rows) =>
      rows.slice(0, 2).map((row) => [...row.children].map((cell) => cell.textContent?.trim())),
    );
    expect(cells[1]!.slice(2)).toEqual(['above 1 % 2.00 %', '100', '5,000']);
    expect(await at.$$eval('table', (tables) => tables[1]!.querySelectorAll('tbody tr').length)).toBe(3);
    expect(addresses.filter((url) => url.includes(FAKE_TOKEN))).toEqual([]);
    expect(at.url()).not.toContain(FAKE_TOKEN);
    await at.reload();
    await at.waitForSelector('table');
    await at.click('text=Forget the token');
    await at.waitForSelector('#token');
    await at.reload();
    await at.waitForSelector('#token');
    expect(await at.$('table')).toBeNull();
    expect(complaints).toEqual([]);
  });

  it('speaks Japanese, and fits a phone', async () => {
    const at = await open('?lang=ja', { width: 390, height: 844 });
    await enter(at, FAKE_TOKEN);
    await at.waitForSelector('table');
    expect(await at.textContent('h1')).toBe('審判');
    expect(await at.evaluate(() => document.documentElement.lang)).toBe('ja');
    expect(await at.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await at.click('text=English');
    expect(await at.textContent('h1')).toBe('The referee');
    expect(at.url()).toContain('lang=en');
  });

  it('can be used by the keyboard alone', async () => {
    const at = await open();
    await at.waitForSelector('#token');
    await at.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const reached: string[] = [];
    for (let n = 0; n < 4; n++) {
      await at.keyboard.press('Tab');
      reached.push(
        await at.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ''),
      );
    }
    expect(reached).toEqual(expect.arrayContaining(['日本語', 'token', 'Show']));
    await enter(at, FAKE_TOKEN);
    await at.waitForSelector('table');
    await at.locator('.scroller').first().focus();
    expect(await at.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('region');
  });
});
