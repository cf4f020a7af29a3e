import type { PayRules, Scenario, TimelineCondition, TimelineEntry } from '#contracts';
import { slugify } from '#kernel';
import { ScenarioError } from './file-error.js';
import type { RuleOptions } from './scenario-rules.js';
import { checkRules } from './scenario-rules.js';
import { scenarioShape } from './scenario-shape.js';
import type { ScenarioFile } from './scenario-shape.js';
import { readYaml } from './yaml-source.js';

/**
 * Parses a scenario file (YAML 1.2 or JSON), with every default filled in; docs/writing-a-scenario.md describes the file.
 * @param fileName for messages; also the default of the scenario's id.
 * @throws ScenarioError (`invalid_scenario`) with every mistake in the file.
 */
export function parseScenario(text: string, fileName: string, options: RuleOptions = {}): Scenario {
  const source = readYaml(text);
  if (source.root === null || source.root === undefined) {
    if (source.problems().length === 0)
      source.report([], 'the file is empty; docs/writing-a-scenario.md begins with a small example');
  } else {
    const draft = scenarioShape(source.root, [], source.report);
    if (draft !== undefined) {
      checkRules(draft, source.report, options);
      if (source.problems().length === 0) return build(draft as ScenarioFile, fileName);
    }
  }
  throw new ScenarioError(fileName, source.problems());
}

function build(file: ScenarioFile, fileName: string): Scenario {
  const baseName = fileName.replace(/^.*[/\\]/s, '').replace(/\.[^.]*$/, '');
  const id = file.id ?? slugify(baseName, 'scenario');
  return {
    id,
    name: file.name,
    description: file.description,
    durationMs: file.duration,
    seed: file.seed ?? id,
    services: file.services.map((service) => ({
      id: service.id,
      letter: service.letter ?? service.id.charAt(0).toUpperCase(),
      weightPercent: service.weightPercent,
      checks: service.checks.map(({ id, weight, request, expect, cases }) => ({
        id,
        weight,
        request: {
          method: request.method,
          path: request.path,
          headers: request.headers,
          ...given('body', request.body),
        },
        expect: {
          status: expect.status,
          ...given('json', expect.json),
          ...given('contains', expect.contains as string | undefined),
        },
        cases,
      })),
    })),
    probing: {
      timeoutMs: file.probing.timeout,
      maxBodyBytes: file.probing.maxBodyBytes,
      proof: file.probing.proof,
    },
    pay: buildPay(file.pay),
    load: buildLoad(file),
    timeline: file.timeline.map(buildEntry),
    ...given('freezeAtMs', file.freeze as number | undefined),
    ceremony: {
      revealAfterMs: (file.ceremony.revealAfter as number | undefined) ?? null,
      introduced: file.ceremony.introduced,
      prizes: file.ceremony.prizes,
    },
    chaos: {
      maxTeams: file.chaos.maxTeams,
      maxDurationMs: file.chaos.maxDuration,
      cooldownMs: file.chaos.cooldown,
      maxActive: file.chaos.maxActive,
    },
  };
}

export function buildPay(pay: ScenarioFile['pay']): PayRules {
  return {
    windowMs: pay.window,
    speedBands: pay.speedBands.map(({ upTo, cents }) => ({ upToMs: upTo, cents })),
    failureCents: pay.failureCents,
    downtime: pay.downtime,
    market: pay.market,
  };
}

/** A service that a phase does not name keeps its rate from the previous phase. */
function buildLoad(file: ScenarioFile): Scenario['load'] {
  let previous: Record<string, number> = {};
  return file.load.map(({ at, label, requestsPerSecond: given, ramp }) => {
    const rateOf = (id: string): number =>
      typeof given === 'number' ? given : (given[id] ?? previous[id] ?? 0);
    const requestsPerSecond = Object.fromEntries(file.services.map(({ id }) => [id, rateOf(id)]));
    previous = requestsPerSecond;
    return { atMs: at, label, requestsPerSecond, rampMs: ramp };
  });
}

function buildEntry(entry: ScenarioFile['timeline'][number], index: number): TimelineEntry {
  const when = given('when', buildCondition(entry.when as ConditionFile));
  if (!('fault' in entry))
    return {
      type: 'announcement',
      atMs: entry.at,
      id: entry.id ?? `announcement-${index + 1}`,
      text: entry.announcement,
      ...given('pictureUrl', entry.picture as string | undefined),
      ...given('videoUrl', entry.video as string | undefined),
      ...when,
    };
  return {
    type: 'fault',
    atMs: entry.at,
    id: entry.id ?? `fault-${index + 1}`,
    kind: entry.fault,
    serviceId: entry.service,
    params: entry.params,
    ttlMs: entry.ttl,
    teams: entry.teams,
    label: entry.label,
    scoring: entry.scoring,
    ...when,
  };
}

/** Keys without a default may be left out. */
type ConditionFile = { teamsUp: number; by?: number } | undefined;

function buildCondition(file: ConditionFile): TimelineCondition | undefined {
  return file && { teamsUpPercent: file.teamsUp, byMs: file.by ?? null };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
