import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeReport, fetchReport, type ReportOfGame } from './report.js';

const noSpikes = { count: 0, dealtMs: 0, gainCents: 0 };
const team = (teamId: string, dealtCents: number, more: Partial<ReportOfGame['teams'][number]> = {}) => ({
  ...{ teamId, dealtCents, count: 2, dealtMs: 0, actedMs: 0, inPlay: true, creditCents: 0 },
  ...{ byKind: {}, spikes: noSpikes, ...more },
});
const report = (spreadCents: number, teams = [team('ants', 42_700), team('bees', 60_600)]): ReportOfGame => ({
  ...{ gameId: 'game', teams, dealtCents: 103_300, typicalCents: 15_819 },
  spread: { count: 0, dealtMs: 0, actedMs: 0, dealtCents: spreadCents },
});

describe('payday chaos report', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: string };
  const asked: (string | undefined)[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  it('is asked of the game that is named, or of the newest', async () => {
    answer = { status: 200, body: JSON.stringify(report(0)) };
    expect(await fetchReport(url, undefined)).toEqual(report(0));
    await fetchReport(`${url}/`, 'a game');
    expect(asked).toEqual(['/api/v1/faults/report', '/api/v1/faults/report?game=a+game']);
  });

  it('says what the server says, or that there is none', async () => {
    answer = { status: 404, body: JSON.stringify({ code: 'unknown_game', detail: 'There is no game "x".' }) };
    await expect(fetchReport(url, 'x')).rejects.toMatchObject({
      ...{ code: 'unknown_game', message: 'There is no game "x".' },
    });
    answer = { status: 200, body: '<html>' };
    await expect(fetchReport(url, undefined)).rejects.toMatchObject({ code: 'unavailable' });
    answer = { status: 502, body: '{}' };
    await expect(fetchReport(url, undefined)).rejects.toMatchObject({
      ...{ code: 'unavailable', message: `no report from ${url}: it answered 502` },
    });
    await expect(fetchReport('ftp://x', undefined)).rejects.toMatchObject({ code: 'invalid_option' });
  });

  it('shows money, and judges the spread by a typical fault', () => {
    const lines = describeReport(report(17_900)).split('\n');
    expect(lines[0]).toBe('faults of game, by what they were expected to cost: $1,033.00 in all');
    expect(lines[2]).toMatch(/^ants +\$427\.00 +2$/);
    expect(lines.at(-1)).toBe('most minus least: $179.00, MORE THAN one typical fault ($158.19)');
    expect(describeReport(report(15_819))).toMatch(/\$158\.19, within one typical fault \(\$158\.19\)$/);
  });

  it('has columns for spikes and for who came later, and says who is not compared', () => {
    const text = describeReport(
      report(0, [
        team('ants', 0, { spikes: { count: 1, dealtMs: 1000, gainCents: 9972 }, creditCents: 1200 }),
        team('reference', 0, { inPlay: false }),
      ]),
    );
    expect(text).toMatch(/ants +\$0\.00 +\$12\.00 +2 +1 for \$99\.72/);
    expect(text).toMatch(/reference .* not in play/);
    expect(text).toMatch(/nobody to compare$/);
  });
});
