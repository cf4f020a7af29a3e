import { readFileSync } from 'node:fs';
import { ChaosTargetsError, parseChaosTargets, placesOfTeam, secretsOf } from './index.js';

const GOOD = `
probers:
  - { url: http://prober-1:9000, tokenEnv: PROBER_AGENT_TOKEN }
default:
  toxiproxy: { url: 'http://toxiproxy:8474', proxy: '{team}-{service}' }
teams:
  fenrir-works:
    default:
      webhook: { url: https://fenrir.example/hook, secretEnv: FENRIR_SECRET }
    services:
      router:
        toxiproxy: { url: http://other:8474, proxy: router, listen: '0.0.0.0:8001', upstream: 'router:80' }
        kubernetes: { context: game-day, namespace: '{team}', selector: { app: router, tier/x: front } }
      catalog:
        awsFis: { region: eu-central-1, templates: { stop-instances: EXT1a2b3c } }
`;
const targets = parseChaosTargets(GOOD, 'targets.yaml', {
  teamIds: ['fenrir-works', 'five-stars'],
  serviceIds: ['router', 'catalog'],
});

/** What is wrong, as `line:column path message`. */
function problemsOf(text: string, known = {}): string[] {
  try {
    parseChaosTargets(text, 'targets.yaml', known);
  } catch (error) {
    expect(error).toBeInstanceOf(ChaosTargetsError);
    return (error as ChaosTargetsError).problems.map(
      ({ line, column, path, message }) => `${line}:${column} ${path} ${message}`,
    );
  }
  return [];
}

describe('a chaos targets file', () => {
  it('says how a team’s services are reached: the service first, then the team, then the file', () => {
    expect(placesOfTeam(targets, 'fenrir-works')).toEqual({
      toxiproxy: {
        default: { url: 'http://toxiproxy:8474', proxy: '{team}-{service}' },
        services: {
          router: {
            url: 'http://other:8474',
            proxy: 'router',
            listen: '0.0.0.0:8001',
            upstream: 'router:80',
          },
        },
      },
      webhook: { default: { url: 'https://fenrir.example/hook', secretEnv: 'FENRIR_SECRET' } },
      kubernetes: {
        services: {
          router: {
            context: 'game-day',
            namespace: '{team}',
            selector: { app: 'router', 'tier/x': 'front' },
          },
        },
      },
      awsFis: {
        services: { catalog: { region: 'eu-central-1', templates: { 'stop-instances': 'EXT1a2b3c' } } },
      },
    });
    expect(placesOfTeam(targets, 'five-stars')).toEqual({
      toxiproxy: { default: { url: 'http://toxiproxy:8474', proxy: '{team}-{service}' } },
      webhook: {},
      kubernetes: {},
      awsFis: {},
    });
    expect(targets.probers).toEqual([{ url: 'http://prober-1:9000', tokenEnv: 'PROBER_AGENT_TOKEN' }]);
    expect(secretsOf(targets)).toEqual(['FENRIR_SECRET', 'PROBER_AGENT_TOKEN']);
  });

  it.each([
    ['', /1:1 .*empty/],
    ['default: 5', /1:1 default expected a mapping/],
    ['defualt: {}', /1:1 defualt unknown key \(did you mean default\?\)/],
    ['default: { toxiproxy: { url: "ftp://x", proxy: a } }', /1:25 .*toxiproxy\.url .*not an http\(s\) URL/],
    ['default: { toxiproxy: { url: "http://u:p@x", proxy: a } }', /must not hold a user name or password/],
    ['default: { toxiproxy: { url: "http://x" } }', /toxiproxy\.proxy is required/],
    ['default: { toxiproxy: { url: "http://x", proxy: "{tema}" } }', /"\{tema\}" is not replaced/],
    [
      'default: { toxiproxy: { url: "http://x", proxy: a, listen: "x:1" } }',
      /listen and upstream go together/,
    ],
    [
      'default: { webhook: { url: "http://x", secretEnv: "whsec_abc/def=" } }',
      /secretEnv must be the name of/,
    ],
    ['default: { webhook: { url: "http://x", secret: whsec_abc, secretEnv: A } }', /secret unknown key/],
    ['default: { kubernetes: { namespace: a, selector: {} } }', /every pod would be struck/],
    ['default: { kubernetes: { namespace: "A_B", selector: { a: b } } }', /name that Kubernetes allows/],
    ['default: { awsFis: { region: here, templates: { a: EXT1 } } }', /not a region of AWS/],
    [
      'default: { awsFis: { region: eu-west-1, templates: { a: arn } } }',
      /not the id of an experiment template/,
    ],
    ['probers: [{ url: "http://x" }]', /tokenEnv is required/],
    ['teams: { Fenrir: {} }', /teams\.Fenrir is not an id/],
    ['teams: { a: {}, a: {} }', /appears twice/],
  ])('refuses %j and says where', (text, expected) => {
    expect(problemsOf(text).join('\n')).toMatch(expected);
  });

  it('refuses teams and services that the game does not have, all at once', () => {
    const text = 'teams:\n  fenrir-work: {}\n  five-stars:\n    services:\n      catalogue: {}\n';
    expect(problemsOf(text, { teamIds: ['fenrir-works', 'five-stars'], serviceIds: ['catalog'] })).toEqual([
      '2:3 teams.fenrir-work the game has no such team (did you mean fenrir-works?)',
      '5:7 teams.five-stars.services.catalogue the game has no such service (did you mean catalog?)',
    ]);
  });

  it('is accepted as docs/faults.md shows it', () => {
    const guide = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8');
    const [, example] = /^```yaml\n(# Where probers[^]*?)^```/m.exec(guide)!;
    const shown = parseChaosTargets(example!, 'targets.yaml');
    expect(secretsOf(shown)).toEqual(['FENRIR_WEBHOOK_SECRET', 'PROBER_AGENT_TOKEN']);
    expect(placesOfTeam(shown, 'fenrir-works').kubernetes?.services).toHaveProperty(
      'router.namespace',
      'fenrir',
    );
  });
});
