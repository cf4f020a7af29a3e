import { ManualTime } from '#testing';
import type { NetworkEffect } from '../faults/kind.js';
import { Line, LinkConditions } from './link.js';

let timers: ManualTime;
let conditions: LinkConditions;
/** What was delivered, with the time. */
let log: string[];

beforeEach(() => {
  timers = new ManualTime(0);
  conditions = new LinkConditions();
  log = [];
});

function line(shaped = true): Line {
  return new Line(conditions, timers, shaped, (piece) =>
    log.push(`${timers.monotonicMs()} ${piece?.toString() ?? 'end'}`),
  );
}
const bytes = (text: string): Buffer => Buffer.from(text);
const act = (id: string, effect: NetworkEffect): void => conditions.add(id, effect);

describe('one direction of a connection', () => {
  it('delivers at once while nothing acts', () => {
    const answers = line();
    answers.push(bytes('a'));
    answers.push(null);
    expect(log).toEqual(['0 a', '0 end']);
    expect(timers.pendingTimers).toBe(0);
  });

  it('delays each piece from its own arrival, and keeps them in order', async () => {
    let delayMs = 300;
    act('f', { drawDelayMs: () => delayMs });
    const answers = line();
    answers.push(bytes('a'));
    await timers.pass(100);
    delayMs = 50;
    answers.push(bytes('b'));
    answers.push(null);
    await timers.pass(1_000);
    expect(log).toEqual(['300 a', '300 b', '300 end']);
  });

  it('adds delays up, and lifts those of one fault alone', async () => {
    act('one', { drawDelayMs: () => 400 });
    act('other', { drawDelayMs: () => 500 });
    line().push(bytes('a'));
    await timers.pass(100);
    conditions.remove('other');
    await timers.pass(299);
    expect(log).toEqual([]);
    await timers.pass(1);
    expect(log).toEqual(['400 a']);
  });

  it('lets pieces through at the bandwidth, which all connections share', async () => {
    act('f', { bytesPerSecond: 20 });
    const [one, other] = [line(), line()];
    one.push(bytes('abcd'));
    other.push(bytes('xy'));
    await timers.pass(1_000);
    // Two bytes every 100 ms, in turns; the end waits for what is before it.
    expect(log).toEqual(['100 ab', '200 xy', '300 cd']);
    one.push(bytes('ef'));
    one.push(null);
    await timers.pass(100);
    expect(log.slice(3)).toEqual(['1100 ef', '1100 end']);
  });

  it('holds everything in a black hole, and lets it go behind it', async () => {
    const requests = line(false);
    act('f', { isBlackHole: true });
    requests.push(bytes('a'));
    requests.push(bytes('bc'));
    await timers.pass(60_000);
    expect(log).toEqual([]);
    expect(requests.heldBytes).toBe(3);
    conditions.remove('f');
    expect(log).toEqual(['60000 a', '60000 bc']);
    expect(requests.heldBytes).toBe(0);
  });

  it('strikes what is under way already, and lets it go when it is over', async () => {
    act('slow', { drawDelayMs: () => 100 });
    line().push(bytes('a'));
    await timers.pass(50);
    act('hole', { isBlackHole: true });
    await timers.pass(1_000);
    expect(log).toEqual([]);
    conditions.remove('hole');
    expect(log).toEqual(['1050 a']);
  });

  it('does not shape requests', () => {
    act('f', { drawDelayMs: () => 100, bytesPerSecond: 1 });
    line(false).push(bytes('a'));
    expect(log).toEqual(['0 a']);
  });

  it('draws every fault’s reset, whatever the others drew', () => {
    const draws: string[] = [];
    const drawing = (id: string, result: boolean) => act(id, { drawReset: () => (draws.push(id), result) });
    drawing('one', true);
    drawing('other', false);
    expect(conditions.drawReset()).toBe(true);
    expect(draws).toEqual(['one', 'other']);
  });

  it('leaves no timer and delivers nothing once it is closed', async () => {
    act('f', { drawDelayMs: () => 100 });
    const answers = line();
    answers.push(bytes('a'));
    answers.close();
    answers.push(bytes('b'));
    conditions.remove('f');
    await timers.pass(1_000);
    expect(log).toEqual([]);
    expect(timers.pendingTimers).toBe(0);
  });
});
