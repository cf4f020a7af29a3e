import { ScenarioError, parseScenario, proofPolicy } from './index.js';
import type { FileProblem } from './index.js';

/** The smallest scenario; line numbers in the tables below count from its first line. */
const GOOD = `name: Tiny
duration: 60s
services:
  - id: router
    checks:
      - id: front
        request: { path: /front }
load:
  - at: 0
    label: All day
    requestsPerSecond: 2
`;

function refusal(text: string, faultKinds?: string[]): ScenarioError {
  try {
    parseScenario(text, 'demo.yaml', { faultKinds });
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

const swap = (from: string, to: string): string => {
  if (!GOOD.includes(from)) throw new Error(`the good file has no "${from}"`);
  return GOOD.replace(from, to);
};
const FRONT = '        request: { path: /front }\n';
const PHASE = '    requestsPerSecond: 2\n';
const SERVICE_KEYS = 'id, letter, weightPercent, checks';
const DURATION_HINT = 'is not a duration; write 10m, 90s, 1h30m, 500ms or a whole number of milliseconds';
const ID_HINT = 'is not an id: 1 to 40 lower-case letters, digits and inner hyphens are allowed';
const fault = (lines: string): string =>
  `${GOOD}timeline:\n  - ${lines.trim().replace(/\n\s*/g, '\n    ')}\n`;
const CRASH = 'fault: crash\nservice: router\nlabel: Oh';

describe('parseScenario', () => {
  it.each(['required', 'warn', 'off'] as const)(
    'reads whether services prove whose they are: %s',
    (proof) => {
      const scenario = parseScenario(`${GOOD}probing: { proof: ${proof} }\n`, 's');
      expect([scenario.probing.proof, proofPolicy(scenario)]).toEqual([proof, proof]);
    },
  );

  it('takes a recorded game that says nothing of proofs for one without', () => {
    expect(proofPolicy({ probing: { timeoutMs: 1, maxBodyBytes: 1 } })).toBe('off');
  });

  it('refuses another word for it', () => {
    expect(() => parseScenario(`${GOOD}probing: { proof: wran }\n`, 's')).toThrow(
      /probing\.proof: unknown value "wran" \(did you mean warn\?\); allowed: required, warn, off/,
    );
  });

  it('fills in every default', () => {
    expect(parseScenario(GOOD, 'some/where/Tiny Game.yaml')).toEqual({
      id: 'tiny-game',
      name: 'Tiny',
      description: '',
      durationMs: 60_000,
      seed: 'tiny-game',
      services: [
        {
          id: 'router',
          letter: 'R',
          weightPercent: 100,
          checks: [
            {
              id: 'front',
              weight: 1,
              request: { method: 'GET', path: '/front', headers: {} },
              expect: { status: 200 },
              cases: [{}],
            },
          ],
        },
      ],
      probing: { timeoutMs: 2000, maxBodyBytes: 65_536, proof: 'warn' },
      pay: {
        windowMs: 5000,
        speedBands: [
          { upToMs: 100, cents: 100 },
          { upToMs: 250, cents: 60 },
          { upToMs: 1000, cents: 20 },
        ],
        failureCents: -100,
        downtime: { belowAvailabilityPercent: 90, minProbes: 5, cents: -250 },
        market: { ownPercent: 100, foreignPercent: 120, providerFeeCents: 1 },
      },
      load: [{ atMs: 0, label: 'All day', requestsPerSecond: { router: 2 }, rampMs: 0 }],
      timeline: [],
      ceremony: { revealAfterMs: null, introduced: 5, prizes: 3 },
      chaos: { maxTeams: 5, maxDurationMs: 1_800_000, cooldownMs: 10_000, maxActive: 500 },
    });
  });

  it('fills in partly given sections', () => {
    const { pay, probing } = parseScenario(
      `${GOOD}pay: { downtime: { cents: -9 } }\nprobing: {}\n`,
      'x.yaml',
    );
    expect(pay.downtime).toEqual({ belowAvailabilityPercent: 90, minProbes: 5, cents: -9 });
    expect(pay.windowMs).toBe(5000);
    expect(probing.timeoutMs).toBe(2000);
  });

  it('reads JSON as well', () => {
    const json = JSON.stringify({
      name: 'Tiny',
      duration: 60_000,
      services: [{ id: 'router', checks: [{ id: 'front', request: { path: '/front' } }] }],
      load: [{ at: 0, label: 'All day', requestsPerSecond: 2 }],
    });
    expect(parseScenario(json, 'tiny.yaml')).toEqual(parseScenario(GOOD, 'tiny.yaml'));
  });

  it('reads timeline entries and keeps a rate that a phase leaves out', () => {
    const scenario = parseScenario(
      swap(PHASE, `${PHASE}  - { at: 30s, label: Later, requestsPerSecond: {}, ramp: 5s }\n`) +
        `timeline:
  - { at: 1s, announcement: Hello }
  - { at: 2s, fault: slow, service: router, params: { delayMs: 300 }, ttl: 10s, teams: [b, a], label: Hm }
  - { at: 30s, fault: crash, service: router, ttl: 10s, label: Oh, scoring: pause }
`,
      'x.yaml',
    );
    expect(scenario.load[1]).toEqual({
      atMs: 30_000,
      label: 'Later',
      requestsPerSecond: { router: 2 },
      rampMs: 5000,
    });
    expect(scenario.timeline).toEqual([
      { type: 'announcement', atMs: 1000, id: 'announcement-1', text: 'Hello' },
      {
        type: 'fault',
        atMs: 2000,
        id: 'fault-2',
        kind: 'slow',
        serviceId: 'router',
        params: { delayMs: 300 },
        ttlMs: 10_000,
        teams: ['b', 'a'],
        label: 'Hm',
        scoring: 'count',
      },
      {
        type: 'fault',
        atMs: 30_000,
        id: 'fault-3',
        kind: 'crash',
        serviceId: 'router',
        params: {},
        ttlMs: 10_000,
        teams: 'all',
        label: 'Oh',
        scoring: 'pause',
      },
    ]);
  });

  it('reads conditions, pictures and videos', () => {
    const { timeline } = parseScenario(
      `${GOOD}timeline:
  - { at: 1s, when: { teamsUp: 80%, by: 20s }, fault: crash, service: router, ttl: 10s, label: Oh }
  - { at: 2s, when: { teamsUp: 100 }, announcement: All up, video: 'https://example.org/ceo.mp4?x=1#t=3' }
  - { at: 3s, announcement: Look, picture: /media/unicorn.png }
`,
      'x.yaml',
    );
    expect(timeline).toMatchObject([
      { atMs: 1000, when: { teamsUpPercent: 80, byMs: 20_000 } },
      { when: { teamsUpPercent: 100, byMs: null }, videoUrl: 'https://example.org/ceo.mp4?x=1#t=3' },
      { pictureUrl: '/media/unicorn.png' },
    ]);
    expect(timeline[2]).not.toHaveProperty('when');
  });

  it('reads freeze, ceremony and limits', () => {
    const { freezeAtMs, ceremony, chaos } = parseScenario(
      `${GOOD}freeze: 45s\nceremony: { revealAfter: 2m, introduced: 3, prizes: 1 }
chaos: { maxTeams: 9, maxDuration: 20s, cooldown: 0, maxActive: 4 }\n`,
      'x.yaml',
    );
    expect(freezeAtMs).toBe(45_000);
    expect(ceremony).toEqual({ revealAfterMs: 120_000, introduced: 3, prizes: 1 });
    expect(chaos).toEqual({ maxTeams: 9, maxDurationMs: 20_000, cooldownMs: 0, maxActive: 4 });
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,hi',
    'ftp://example.org/a.png',
    '//example.org/a.png',
    '/\\\\example.org/a.png',
    'https:example.org',
    'https:///example.org',
    'https://example.org\\\\@evil.example',
    'https://user:secret@example.org/a.png',
    'pictures/a.png',
    'https://exa mple.org',
  ])('refuses %p as a picture and as a video', (url) => {
    const announced = (key: string) => fault(`at: 2s\nannouncement: B\n${key}: ${JSON.stringify(url)}`);
    for (const key of ['picture', 'video']) {
      const { problems } = refusal(announced(key));
      expect(problems.map(({ line, path }) => `${line} ${path}`)).toEqual([`15 timeline[0].${key}`]);
      expect(problems[0]!.message).not.toContain('secret');
    }
  });

  it.each<[what: string, text: string, message: string]>([
    [
      'an unknown key',
      swap('    checks:', '    wieght: 3\n    checks:'),
      `5:5 services[0].wieght: unknown key (did you mean weightPercent?); allowed: ${SERVICE_KEYS}`,
    ],
    [
      'an unknown key like no other',
      swap('    checks:', '    zzz: 3\n    checks:'),
      `5:5 services[0].zzz: unknown key; allowed: ${SERVICE_KEYS}`,
    ],
    [
      'a normalised name',
      swap('duration: 60s', 'durationMs: 60000\nduration: 60s'),
      '2:1 durationMs: unknown key (did you mean duration?); allowed: id, name, description, duration, seed, services, probing, pay, load, timeline, freeze, ceremony, chaos',
    ],
    ['a missing key', swap('name: Tiny\n', ''), '1:1 name: is required'],
    ['an empty required key', swap('name: Tiny', 'name:'), '1:1 name: is required'],
    [
      'a negative rate',
      swap('Second: 2', 'Second: -1'),
      '11:5 load[0].requestsPerSecond: must be a rate from 0 to 10000 per second, got -1',
    ],
    [
      'a rate that is no number',
      swap('Second: 2', 'Second: lots'),
      '11:5 load[0].requestsPerSecond: must be a rate from 0 to 10000 per second, got "lots"',
    ],
    [
      'a rate with too many decimals',
      swap('Second: 2', 'Second: 0.0001'),
      '11:5 load[0].requestsPerSecond: must have at most three decimals, got 0.0001',
    ],
    [
      'not a number',
      swap('Second: 2', 'Second: .nan'),
      '11:5 load[0].requestsPerSecond: must be a rate from 0 to 10000 per second, got NaN',
    ],
    [
      'no load at all',
      swap('Second: 2', 'Second: 0'),
      '8:1 load: every rate is 0: no request would ever be sent',
    ],
    [
      'a rate for an unknown service',
      swap('Second: 2', 'Second: { router: 1, ruoter: 2 }'),
      '11:37 load[0].requestsPerSecond.ruoter: unknown service "ruoter" (did you mean router?); allowed: router',
    ],
    [
      'a service without a rate',
      swap('Second: 2', 'Second: {}'),
      '11:5 load[0].requestsPerSecond: the first phase needs a rate for router',
    ],
    ['a bad duration', swap('60s', '10 parsecs'), `2:1 duration: "10 parsecs" ${DURATION_HINT}`],
    ['a negative duration', swap('60s', '-5'), `2:1 duration: -5 ${DURATION_HINT}`],
    ['a duration that is too long', swap('60s', '25h'), '2:1 duration: must be from 1s to 24h, got 25h'],
    [
      'a duration off the windows',
      swap('60s', '61s'),
      '2:1 duration: 1m1s is not a multiple of pay.window (5s)',
    ],
    [
      'a window of broken seconds',
      `${GOOD}pay: { window: 1500ms }\n`,
      '12:8 pay.window: must be whole seconds, got 1s500ms',
    ],
    [
      'bands that fall',
      `${GOOD}pay: { speedBands: [{ upTo: 1s, cents: 5 }, { upTo: 1s, cents: 3 }] }\n`,
      '12:47 pay.speedBands[1].upTo: must be above the band before it (1s), got 1s',
    ],
    [
      'a band without its end',
      `${GOOD}pay: { speedBands: [{ cents: 5 }] }\n`,
      '12:21 pay.speedBands[0].upTo: is required',
    ],
    [
      'failures that pay',
      `${GOOD}pay: { failureCents: 5 }\n`,
      '12:8 pay.failureCents: must be a whole number from -1000000 to 0, got 5',
    ],
    [
      'downtime that pays',
      `${GOOD}pay: { downtime: { cents: 5 } }\n`,
      '12:20 pay.downtime.cents: must be a whole number from -1000000 to 0, got 5',
    ],
    [
      'half a cent',
      `${GOOD}pay: { failureCents: -0.5 }\n`,
      '12:8 pay.failureCents: must be a whole number from -1000000 to 0, got -0.5',
    ],
    ['an id that is none', swap('id: router', 'id: Router!'), `4:5 services[0].id: "Router!" ${ID_HINT}`],
    [
      'two services with one id',
      swap('load:', '  - { id: router, letter: X, checks: [{ id: a, request: { path: / } }] }\nload:'),
      '8:7 services[1].id: another service has the id router; ids are unique',
    ],
    [
      'two services with one letter',
      swap('load:', '  - { id: rent, checks: [{ id: a, request: { path: / } }] }\nload:'),
      '8:5 services[1].letter: the letter R is already on the status indicator of router; give each service its own',
    ],
    [
      'two checks with one id',
      swap(FRONT, `${FRONT}      - { id: front, request: { path: / } }\n`),
      '8:11 services[0].checks[1].id: another check has the id front; ids are unique',
    ],
    [
      'no services',
      GOOD.replace(/services:[^]*load/, 'services: []\nload'),
      '3:1 services: has 0 entries; 1 to 8 are allowed',
    ],
    [
      'a key that appears twice',
      swap('duration', 'name: Again\nduration'),
      '2:1: the key "name" appears twice in one mapping; keep one',
    ],
    ['a late first phase', swap('at: 0', 'at: 5s'), '9:5 load[0].at: the first phase begins at 0, got 5s'],
    [
      'phases out of order',
      swap(PHASE, `${PHASE}  - { at: 0, label: B, requestsPerSecond: 1 }\n`),
      '12:7 load[1].at: phases stand in order: 0s is not after 0s',
    ],
    [
      'a phase beyond the end',
      swap(PHASE, `${PHASE}  - { at: 60s, label: B, requestsPerSecond: 1 }\n`),
      '12:7 load[1].at: 1m is not before the end of the game (1m)',
    ],
    [
      'a ramp beyond its phase',
      swap(PHASE, `${PHASE}    ramp: 61s\n`),
      '12:5 load[0].ramp: ends at 1m1s, after the phase itself (1m)',
    ],
    [
      'a fault for an unknown service',
      fault('at: 1s\nfault: crash\nservice: rooter\nttl: 9s\nlabel: Oh'),
      '15:5 timeline[0].service: unknown service "rooter" (did you mean router?); allowed: router',
    ],
    [
      'an entry beyond the end',
      fault('at: 2m\nannouncement: Late'),
      '13:5 timeline[0].at: 2m is not before the end of the game (1m)',
    ],
    [
      'a fault that outlives the game',
      fault(`at: 55s\n${CRASH}\nttl: 6s`),
      '17:5 timeline[0].ttl: the fault would end at 1m1s, after the game (1m)',
    ],
    [
      'entries out of order',
      `${fault('at: 2s\nannouncement: B')}  - { at: 1s, announcement: A }\n`,
      '15:7 timeline[1].at: entries stand in order: 1s is before 2s',
    ],
    [
      'entries with one id',
      `${fault('at: 2s\nid: x\nannouncement: B')}  - { at: 2s, id: x, announcement: A }\n`,
      '16:15 timeline[1].id: another entry has the id x; ids are unique',
    ],
    [
      'an entry that is nothing',
      fault('at: 2s\nfualt: crash'),
      '13:5 timeline[0]: expected a mapping with either the key "fault" or the key "announcement"',
    ],
    [
      'a condition for no share of the teams',
      fault(`at: 1s\n${CRASH}\nttl: 9s\nwhen: { teamsUp: 0.8 }`),
      '18:13 timeline[0].when.teamsUp: must be a share from 1% to 100%, got 0.8',
    ],
    [
      'a condition that says nothing',
      fault(`at: 1s\n${CRASH}\nttl: 9s\nwhen: { by: 9s }`),
      '18:5 timeline[0].when.teamsUp: is required',
    ],
    [
      'a condition that is over before it is asked',
      fault('at: 9s\nannouncement: B\nwhen: { teamsUp: 80%, by: 9s }'),
      '15:27 timeline[0].when.by: 9s is not after at (9s)',
    ],
    [
      'a condition that waits beyond the end',
      fault('at: 9s\nannouncement: B\nwhen: { teamsUp: 80%, by: 1m }'),
      '15:27 timeline[0].when.by: 1m is not before the end of the game (1m)',
    ],
    [
      'a fault that may outlive the game',
      fault(`at: 1s\n${CRASH}\nttl: 9s\nwhen: { teamsUp: 80%, by: 55s }`),
      '17:5 timeline[0].ttl: the fault would end at 1m4s, after the game (1m)',
    ],
    [
      'a scoring policy that there is none of',
      fault(`at: 1s\n${CRASH}\nttl: 9s\nscoring: paused`),
      '18:5 timeline[0].scoring: unknown value "paused" (did you mean pause?); allowed: count, pause',
    ],
    [
      'a freeze behind the end',
      `${GOOD}freeze: 60s\n`,
      '12:1 freeze: 1m is not before the end of the game (1m)',
    ],
    [
      'more prizes than teams on the stage',
      `${GOOD}ceremony: { introduced: 2 }\n`,
      "12:1 ceremony.prizes: 3 teams can't win a prize where 2 are introduced",
    ],
    [
      'a fault that is longer than any may be',
      `${fault(`at: 1s\n${CRASH}\nttl: 9s`)}chaos: { maxDuration: 8s }\n`,
      '17:5 timeline[0].ttl: 9s is longer than chaos.maxDuration (8s)',
    ],
    [
      'a team struck again too soon',
      `${fault(`at: 1s\n${CRASH}\nttl: 9s`)}  - { at: 19999, fault: slow, service: router, teams: 2, ttl: 9s, label: Oh }\n`,
      '18:7 timeline[1].at: a team would be struck on router again while timeline[0] acts, or within chaos.cooldown (10s) after it; 20s is the earliest',
    ],
    [
      'no teams',
      fault(`at: 1s\n${CRASH}\nttl: 9s\nteams: 0`),
      '18:5 timeline[0].teams: expected all, a number from 1 to 1000, or a list of team ids, got 0',
    ],
    [
      'a team named twice',
      fault(`at: 1s\n${CRASH}\nttl: 9s\nteams: [a, a]`),
      '18:16 timeline[0].teams[1]: another team has the id a; ids are unique',
    ],
    [
      'a placeholder without a case',
      swap('/front', "'/front/{{itme}}', headers: { X: '{{uuid}}' }").concat(),
      '7:20 services[0].checks[0].request.path: no case defines {{itme}}; allowed: uuid',
    ],
    [
      'a misspelt placeholder',
      swap(FRONT, "        request: { path: '/{{itme}}' }\n        cases: [{ item: 3 }]\n"),
      '7:20 services[0].checks[0].request.path: no case defines {{itme}} (did you mean {{item}}?); allowed: item, uuid',
    ],
    [
      'a case without the placeholder',
      swap(FRONT, "        request: { path: '/{{item}}' }\n        cases: [{ item: 3 }, { other: 4 }]\n"),
      '8:30 services[0].checks[0].cases[1]: does not define {{item}}, which other cases do',
    ],
    [
      'a placeholder deep in the expected body',
      swap(FRONT, `${FRONT}        expect: { json: { list: ['{{x}}'] } }\n`),
      '8:34 services[0].checks[0].expect.json.list[0]: no case defines {{x}}; allowed: uuid',
    ],
    [
      'braces that are no placeholder',
      swap('/front', "'/{{9x}}'"),
      '7:20 services[0].checks[0].request.path: holds "{{" that begins no placeholder; write {{name}}',
    ],
    [
      'a placeholder in a key',
      swap(FRONT, `${FRONT}        expect: { json: { '{{uuid}}': 1 } }\n`),
      '8:27 services[0].checks[0].expect.json.{{uuid}}: placeholders work in values, not in keys',
    ],
    [
      'a case that redefines uuid',
      swap(FRONT, `${FRONT}        cases: [{ uuid: 1 }]\n`),
      '8:19 services[0].checks[0].cases[0].uuid: is filled in by the prober; choose another name',
    ],
    [
      'an unknown method',
      swap('path: /front', 'path: /front, method: FETCH'),
      '7:34 services[0].checks[0].request.method: unknown value "FETCH"; allowed: GET, POST, PUT, PATCH, DELETE, HEAD',
    ],
    [
      'a method in lower case',
      swap('path: /front', 'path: /front, method: post'),
      '7:34 services[0].checks[0].request.method: unknown value "post" (did you mean POST?); allowed: GET, POST, PUT, PATCH, DELETE, HEAD',
    ],
    [
      'a GET with a body',
      swap('path: /front', 'path: /front, body: hi'),
      '7:34 services[0].checks[0].request.body: GET has no body',
    ],
    [
      'a HEAD that expects text',
      swap('path: /front }', 'path: /front, method: HEAD }\n        expect: { contains: hi }'),
      '8:19 services[0].checks[0].expect.contains: an answer to HEAD has no body',
    ],
    [
      'a path that is none',
      swap('/front', 'http://other/'),
      '7:20 services[0].checks[0].request.path: must begin with one /',
    ],
    [
      'a path with a space',
      swap('/front', "'/a b'"),
      '7:20 services[0].checks[0].request.path: must not hold spaces, # or \\; percent-encode them',
    ],
    [
      'a header of the prober',
      swap('path: /front', 'path: /front, headers: { Host: x }'),
      '7:45 services[0].checks[0].request.headers.Host: is set by the prober; leave it out',
    ],
    [
      'a header that smuggles',
      swap('path: /front', 'path: /front, headers: { X: "a\\r\\nB: c" }'),
      '7:45 services[0].checks[0].request.headers.X: must not hold control characters or line breaks',
    ],
    [
      'a name that is too long',
      swap('Tiny', 'x'.repeat(61)),
      '1:1 name: has 61 characters; 1 to 60 are allowed',
    ],
    [
      'a list instead of a mapping',
      '- a\n- b\n',
      '1:1: expected a mapping, got ["a","b"]; allowed: id, name, description, duration, seed, services, probing, pay, load, timeline, freeze, ceremony, chaos',
    ],
    [
      'text instead of a mapping',
      'hello',
      '1:1: expected a mapping, got "hello"; allowed: id, name, description, duration, seed, services, probing, pay, load, timeline, freeze, ceremony, chaos',
    ],
    ['an empty file', '', '1:1: the file is empty; docs/writing-a-scenario.md begins with a small example'],
    [
      'only a comment',
      '# soon\n',
      '1:1: the file is empty; docs/writing-a-scenario.md begins with a small example',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(text).message).toBe(`demo.yaml:${message}`);
  });

  it('refuses parameters that the driver refuses, where they stand', () => {
    const { message } = ((): ScenarioError => {
      try {
        parseScenario(fault(`at: 1s\n${CRASH}\nttl: 9s\nparams: { delay: 3 }`), 'demo.yaml', {
          faultKinds: ['crash'],
          paramsProblem: (kind, params) => (kind === 'crash' && 'delay' in params ? 'takes none' : undefined),
        });
      } catch (error) {
        if (error instanceof ScenarioError) return error;
      }
      throw new Error('the file was accepted');
    })();
    expect(message).toBe('demo.yaml:18:5 timeline[0].params: takes none');
  });

  it('refuses a fault that no driver knows, if it is told which they know', () => {
    const text = fault(`at: 1s\n${CRASH.replace('crash', 'carsh')}\nttl: 9s`);
    expect(() => parseScenario(text, 'demo.yaml')).not.toThrow();
    expect(refusal(text, ['crash', 'slow']).message).toBe(
      'demo.yaml:14:5 timeline[0].fault: unknown fault "carsh" (did you mean crash?); allowed: crash, slow',
    );
  });

  it('reports all mistakes at once, in the order of the file', () => {
    const error = refusal(
      swap('60s', 'soon')
        .replace('id: router', 'id: router\n    wieght: 3')
        .replace('path: /front', 'path: "/{{x}}"')
        .replace('Second: 2', 'Second: { roter: -1 }'),
    );
    expect(error.code).toBe('invalid_scenario');
    expect(error.retryable).toBe(false);
    expect(error.problems.map(({ line, path }: FileProblem) => `${line} ${path}`)).toEqual([
      '2 duration',
      '5 services[0].wieght',
      '8 services[0].checks[0].request.path',
      '12 load[0].requestsPerSecond',
      '12 load[0].requestsPerSecond.roter',
      '12 load[0].requestsPerSecond.roter',
    ]);
    expect(error.problems[1]).toEqual({
      line: 5,
      column: 5,
      path: 'services[0].wieght',
      message: 'unknown key (did you mean weightPercent?)',
      allowed: ['id', 'letter', 'weightPercent', 'checks'],
    });
    expect(error.message.split('\n')).toHaveLength(6);
  });

  it('lists at most 50 of many mistakes, and keeps them all', () => {
    const many = Array.from({ length: 70 }, (_, i) => `unknown${i}: 1\n`).join('');
    const error = refusal(GOOD + many);
    expect(error.problems).toHaveLength(70);
    expect(error.message.split('\n').at(-1)).toBe('… and 20 more');
  });
});

describe('hostile files', () => {
  it('stop being searched after 1000 mistakes', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `unknown${i}: 1\n`).join('');
    expect(refusal(GOOD + many).problems).toHaveLength(1000);
  });

  it.each([100, 500, 1000, 2000, 4000, 8000])(
    'nested %p deep are read or refused, never a crash',
    (depth) => {
      const nested = `${'['.repeat(depth)}1${']'.repeat(depth)}`;
      const text = swap('path: /front', `path: /front, method: POST, body: ${nested}`);
      try {
        parseScenario(text, 'demo.yaml');
      } catch (error) {
        expect(error).toBeInstanceOf(ScenarioError);
      }
    },
  );

  it.each<[what: string, text: string, message: string | RegExp]>([
    ['that are no YAML', 'name: "Tiny\n', /^demo\.yaml:2:1: not valid YAML: /],
    ['with unknown tags', 'name: !!js/function "x"\n', /^demo\.yaml:1:7: not valid YAML: Unresolved tag/],
    [
      'of several documents',
      `${GOOD}---\n${GOOD}`,
      /^demo\.yaml:12:1: not valid YAML: Source contains multiple documents/,
    ],
    [
      'over 1 MiB',
      `#${'x'.repeat(1024 * 1024)}`,
      'demo.yaml:1:1: the file has 1048577 characters; at most 1048576 are read',
    ],
    [
      'of a billion laughs',
      laughs(),
      'demo.yaml:1:1: YAML aliases expand too far, or into themselves; write the values out',
    ],
    ['that contain themselves', '&a [*a]', /^demo\.yaml:1:\d+: /],
    [
      'nested without end',
      '['.repeat(200_000),
      /^demo\.yaml:\d+:\d+: (the file is nested too deeply|not valid YAML)/,
    ],
    ['with binary', '\u0000\u0001\u0002', /^demo\.yaml:1:1: /],
    ['with __proto__', `${GOOD}__proto__: { polluted: true }\n`, /^demo\.yaml:12:1 __proto__: unknown key;/],
  ])('refuses files %s', (_, text, message) => {
    const error = refusal(text);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(20_000);
  });

  it('keeps control characters and long texts out of messages', () => {
    const error = refusal(`${GOOD}"\\e[31m${'k'.repeat(5000)}": 1\n`);
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(300);
  });
});

function laughs(): string {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
  for (let i = 1; i < 12; i++)
    text += `a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]\n`;
  return text;
}
