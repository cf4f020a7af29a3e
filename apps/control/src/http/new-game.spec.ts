import { readNewGame } from './new-game.js';

const scenario = {
  name: 'Tiny',
  duration: '10m',
  services: [{ id: 'router', checks: [{ id: 'front', request: { path: '/' } }] }],
  load: [{ at: 0, label: 'Opening', requestsPerSecond: 2 }],
  timeline: [{ at: '5m', fault: 'crash', service: 'router', label: 'Oh', ttl: '60s' }],
};
const read = (more: object) => readNewGame({ scenario, ...more }, 'application/json', undefined).scenario;

it('a game may run its timeline faster than written', () => {
  expect(read({})).toMatchObject({ durationMs: 600_000, timeline: [{ atMs: 300_000, ttlMs: 60_000 }] });
  expect(read({ speed: 1 })).toEqual(read({}));
  expect(read({ speed: 4 })).toMatchObject({
    durationMs: 150_000,
    timeline: [{ atMs: 75_000, ttlMs: 15_000 }],
  });
});

it.each([
  ['0', 0, 'speed: the speed must be a number from 0.1 to 100, got 0'],
  ['101', 101, 'speed: the speed must be a number from 0.1 to 100, got 101'],
  ['too short a game', 100, undefined],
  ['text', '4', 'speed: must be a number'],
  ['null', null, 'speed: must be a number'],
])('refuses %s as speed', (_what, speed, message) => {
  const short = { ...scenario, duration: '60s', timeline: [] };
  expect(() => read({ scenario: short, speed })).toThrow(
    expect.objectContaining({ code: 'bad_request', ...(message === undefined ? {} : { message }) }),
  );
});
