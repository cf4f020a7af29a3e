import { NewGameQuery } from '#contracts/api';
import { readNewGame } from './new-game.js';

const scenario = {
  name: 'Tiny',
  duration: '10m',
  services: [{ id: 'router', checks: [{ id: 'front', request: { path: '/' } }] }],
  load: [{ at: 0, label: 'Opening', requestsPerSecond: 2 }],
  timeline: [{ at: '5m', fault: 'crash', service: 'router', label: 'Oh', ttl: '60s' }],
};
const read = (speed?: number, given: object = scenario) =>
  readNewGame({ scenario: given }, 'application/json', undefined, speed).scenario;

it('a game may run its timeline faster than written', () => {
  expect(read()).toMatchObject({ durationMs: 600_000, timeline: [{ atMs: 300_000, ttlMs: 60_000 }] });
  expect(read(1)).toEqual(read());
  expect(read(4)).toMatchObject({
    durationMs: 150_000,
    timeline: [{ atMs: 75_000, ttlMs: 15_000 }],
  });
});

it('refuses a speed that leaves too short a game', () => {
  const short = { ...scenario, duration: '60s', timeline: [] };
  expect(() => read(100, short)).toThrow(expect.objectContaining({ code: 'bad_request' }));
});

it.each(['0', '101', '-1', 'fast', '', '1e1'])('refuses "%s" as speed', (speed) => {
  expect(NewGameQuery.safeParse({ speed }).error?.issues[0]?.message).toBe(
    'must be a number from 0.1 to 100',
  );
});
