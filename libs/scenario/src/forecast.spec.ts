import { adviceOn, arrivals, forecast, parseScenario } from './index.js';

const text = `name: Tiny
duration: 60s
services:
  - { id: router, weightPercent: 150, checks: [{ id: front, request: { path: / } }] }
  - { id: till, checks: [{ id: order, request: { path: / } }] }
pay:
  window: 5s
  speedBands: [{ upTo: 50ms, cents: 7 }]
  failureCents: -11
  downtime: { minProbes: 5, cents: -101 }
load:
  - { at: 0, label: Quiet, requestsPerSecond: { router: 0.5, till: 1.5 } }
  - { at: 30s, label: Busy, requestsPerSecond: { router: 3, till: 1.5 }, ramp: 10s }
`;
const scenario = parseScenario(text, 'tiny.yaml');

it('tells what a team earns if every answer is good, and if every answer fails', () => {
  const [router, till] = forecast(scenario);
  // Computed by hand, window by window.
  const windows = [...Array(12).keys()].map((window) =>
    [0, 1, 2, 3, 4].reduce((sum, n) => sum + arrivals(scenario, 'router', window * 5 + n).length, 0),
  );
  const sum = (of: (requests: number) => number) => windows.reduce((total, each) => total + of(each), 0);
  expect(router).toEqual({
    serviceId: 'router',
    requests: sum((requests) => requests),
    windows: 12,
    downtimeWindows: windows.filter((requests) => requests >= 5).length,
    perfectCents: sum((requests) => Math.floor(requests * 7 * 1.5)),
    brokenCents: sum((requests) => Math.floor(-16.5 * requests) + (requests >= 5 ? Math.floor(-151.5) : 0)),
  });
  expect(till).toMatchObject({ requests: 90, windows: 12, downtimeWindows: 12, perfectCents: 630 });
});

it('advises where downtime cannot strike, and where a broken service does not hurt', () => {
  expect(adviceOn(scenario)).toEqual([
    'phase "Quiet": a window has too few requests for downtime to strike (pay.downtime.minProbes is 5): router',
    'phase "Quiet": a team whose service is down still earns, as the others bring more: router',
  ]);
  const dear = parseScenario(text.replace('minProbes: 5', 'minProbes: 2'), 'tiny.yaml');
  expect(adviceOn(dear)).toEqual([]);
  expect(adviceOn(parseScenario(`${text.replace('minProbes: 5', 'minProbes: 2')}freeze: 50s`, 'x'))).toEqual([
    'the board freezes, and nothing reveals it but a facilitator: there is no ceremony.revealAfter',
  ]);
});
