import type { GameEvent, Scenario, TeamInfo, UnscoredReport } from '#contracts';
import { FaultHistory, chaosReport, hasStruck, type ChaosReport, type FaultCourse } from '#faults';
import { formatCents } from '#kernel';
import { requestShare, unscoredLevel, unscoredLines } from '#runtime';
import { arrivalsBefore, type FaultEntry } from '#scenario';
import type { AuditReport } from '../audit.js';
import { allowedSpreadCents, standingsOf } from './fair-rehearsal.js';

/** What a finished game left behind, as far as a rehearsal checks it. */
export interface RehearsalFacts {
  /** As it was played. */
  scenario: Scenario;
  teams: readonly TeamInfo[];
  /** All of the game's events, in the order of the log. */
  events: readonly GameEvent[];
  /** `windowKey` of every window with an entry for what was served or failed. */
  scored: ReadonlySet<string>;
  /** `windowKey` of every window with requests that were not scored. */
  lost: ReadonlySet<string>;
  /** Why entries of the timeline were skipped, by their id. */
  skipped: ReadonlyMap<string, string>;
  audit: Pick<AuditReport, 'equal' | 'sealed' | 'rows' | 'results' | 'differences' | 'unscored'>;
}

/** One check and its result. */
export interface RehearsalCheck {
  name: string;
  ok: boolean;
  /** A few words with figures. */
  found: string;
  /** The problems, one line each; empty if there are none. */
  problems: string[];
}

/** What happened to one fault of the timeline. Times are ms. */
export interface RehearsedFault {
  entryId: string;
  kind: string;
  serviceId: string;
  /** Teams that it was meant for, and teams that it struck. */
  expected: number;
  fired: number;
  confirmed: number;
  gone: number;
  /** How many teams repaired it before it ended. */
  repaired: number;
}

export interface RehearsalReport {
  ok: boolean;
  checks: RehearsalCheck[];
  faults: RehearsedFault[];
  chaos: ChaosReport;
  windows: { expected: number; scored: number; excused: number };
  /** What was not scored because of the prober: overall, by team and service, and windows above the warning. */
  unscored: UnscoredReport;
  /** Warnings that fail no check but should be known before the day, one line each. */
  warnings: string[];
}

export function windowKey(teamId: string, serviceId: string, windowIndex: number): string {
  return `${teamId} ${serviceId} ${windowIndex}`;
}

export function rehearsalReport(facts: RehearsalFacts): RehearsalReport {
  const history = new FaultHistory();
  for (const { type, data, time } of facts.events)
    if (type === 'dev.payday.fault.changed') history.observe(data.fault, time);
  const courses = history.courses();
  const expectations = facts.scenario.timeline.flatMap((entry) =>
    entry.type === 'fault' ? [expectation(entry, facts, courses)] : [],
  );
  const endedAt = facts.events.at(-1)?.time ?? 0;
  const chaos = chaosReport(courses, standingsOf(facts), endedAt);
  const windows = countWindows(facts);
  const checks = [
    faultCheck('every fault fired', expectations, ({ fired }) => fired),
    faultCheck('every fault was confirmed', expectations, ({ confirmed }) => confirmed),
    faultCheck('every fault is verified gone', expectations, ({ gone }) => gone),
    stuckCheck(courses),
    announcementCheck(facts),
    ...freezeCheck(facts),
    ...excuseCheck(facts, courses),
    {
      name: 'windows scored = expected',
      ok: windows.missing.length === 0,
      found: `${number(windows.scored + windows.excused)} of ${number(windows.expected)}${windows.excused > 0 ? `, ${number(windows.excused)} of them excused` : ''}`,
      problems: few(
        windows.missing.map(
          (key) =>
            `no result was scored in the window ${key} (team, service, index)${facts.lost.has(key) ? ': its requests met trouble of the prober’s own' : ''}`,
        ),
      ),
    },
    unscoredCheck(facts),
    auditCheck(facts),
    fairnessCheck(facts.scenario, chaos),
  ];
  return {
    ok: checks.every(({ ok }) => ok),
    checks,
    faults: expectations.map(({ summary }) => summary),
    chaos,
    windows: { expected: windows.expected, scored: windows.scored, excused: windows.excused },
    unscored: facts.audit.unscored,
    warnings: warningsOf(facts),
  };
}

interface Expectation {
  summary: RehearsedFault;
  /** Why it was skipped; undefined: it was not skipped. */
  skipped: string | undefined;
  courses: FaultCourse[];
}

function expectation(entry: FaultEntry, facts: RehearsalFacts, all: readonly FaultCourse[]): Expectation {
  const { teams, skipped } = facts;
  const courses = all.filter(({ info }) => info.injectionId === entry.id);
  const count = (is: (course: FaultCourse) => boolean): number => courses.filter(is).length;
  const expected =
    entry.teams === 'all'
      ? teams.length
      : typeof entry.teams === 'number'
        ? Math.min(entry.teams, standingsOf(facts).filter(({ inPlay }) => inPlay).length)
        : teams.filter(({ id }) => (entry.teams as string[]).includes(id)).length;
  const summary = {
    entryId: entry.id,
    kind: entry.kind,
    serviceId: entry.serviceId,
    expected,
    fired: count(({ firedAt }) => firedAt !== null),
    confirmed: count(({ confirmedAt }) => confirmedAt !== null),
    gone: count(({ goneAt, firedAt }) => goneAt !== null && firedAt !== null),
    repaired: count(({ info }) => info.detail.startsWith('repaired')),
  };
  return { summary, skipped: skipped.get(entry.id), courses };
}

function faultCheck(
  name: string,
  expectations: readonly Expectation[],
  of: (fault: RehearsedFault) => number,
): RehearsalCheck {
  const problems = expectations.flatMap(({ summary, skipped, courses }) => {
    const { entryId, expected } = summary;
    if (of(summary) === expected) return [];
    const details = new Set(courses.map(({ info }) => info.detail).filter((detail) => detail !== ''));
    const why = [...(skipped === undefined ? [] : [`skipped: ${skipped}`]), ...details];
    return [`${entryId}: ${of(summary)} of ${expected}${why.length === 0 ? '' : ` (${why.join('; ')})`}`];
  });
  const sum = (count: (fault: RehearsedFault) => number): number =>
    expectations.reduce((total, { summary }) => total + count(summary), 0);
  const found = `${number(sum(of))} of ${number(sum(({ expected }) => expected))}, ${expectations.length} entries`;
  return { name, ok: problems.length === 0, found, problems };
}

function stuckCheck(courses: readonly FaultCourse[]): RehearsalCheck {
  const stuck = courses.filter(({ wasStuck }) => wasStuck);
  const lastMs = Math.max(0, ...courses.map(({ goneAt, info }) => (goneAt ?? 0) - info.expiresAt));
  return {
    name: 'no fault was stuck',
    ok: stuck.length === 0,
    found: `${stuck.length} of ${courses.length}; gone ${number(lastMs)} ms after its time to live at the latest`,
    problems: few(stuck.map(({ info }) => `${info.id}: ${info.detail}`)),
  };
}

function announcementCheck({ scenario, events }: RehearsalFacts): RehearsalCheck {
  const made = new Set(
    events.flatMap(({ type, data }) =>
      type === 'dev.payday.announcement.made' ? [data.announcementId] : [],
    ),
  );
  const wanted = scenario.timeline.filter(({ type }) => type === 'announcement');
  const missing = wanted.filter(({ id }) => !made.has(id));
  return {
    name: 'every announcement was made',
    ok: missing.length === 0,
    found: `${wanted.length - missing.length} of ${wanted.length}`,
    problems: few(missing.map(({ id }) => `${id} was not announced`)),
  };
}

function freezeCheck({ scenario, events }: RehearsalFacts): RehearsalCheck[] {
  if (scenario.freezeAtMs === undefined) return [];
  const startsAt = startOf(events);
  const dueAt = startsAt + scenario.freezeAtMs;
  const frozen = events.flatMap(({ type, data }) => (type === 'dev.payday.game.frozen' ? [data.fromAt] : []));
  const fromAt = frozen[0];
  // It begins on a window boundary and is announced some time ahead.
  const ok = fromAt !== undefined && Math.abs(fromAt - dueAt) <= 2 * scenario.pay.windowMs;
  const found =
    fromAt === undefined
      ? 'never'
      : `${number(fromAt - startsAt)} ms after the start, due at ${number(scenario.freezeAtMs)}`;
  return [{ name: 'the board froze at its time', ok, found, problems: ok ? [] : [`it froze: ${found}`] }];
}

/** Every fault with the policy `pause` must exclude windows, and its exclusion must end. */
function excuseCheck(
  { scenario, events }: RehearsalFacts,
  courses: readonly FaultCourse[],
): RehearsalCheck[] {
  const paused = new Set(
    scenario.timeline.flatMap((entry) =>
      entry.type === 'fault' && entry.scoring === 'pause' ? [entry.id] : [],
    ),
  );
  const struck = courses.filter((course) => paused.has(course.info.injectionId) && hasStruck(course));
  if (paused.size === 0) return [];
  const excuses = [...excusesOf(events).values()];
  const problems = struck.flatMap(({ info, goneAt }) => {
    const covers = excuses.some(
      ({ teamId, serviceId, fromAt, untilAt }) =>
        teamId === info.teamId &&
        serviceId === info.serviceId &&
        fromAt <= info.startedAt &&
        untilAt !== null &&
        untilAt >= (goneAt ?? Infinity),
    );
    return covers ? [] : [`${info.id}: no excuse covers it from firing to verified gone`];
  });
  const found = `${struck.length - problems.length} of ${struck.length} faults that are not paid`;
  return [{ name: 'what is not paid is excused', ok: problems.length === 0, found, problems: few(problems) }];
}

type Excuse = Extract<GameEvent, { type: 'dev.payday.windows.excused' }>['data'];

function excusesOf(events: readonly GameEvent[]): Map<string, Excuse> {
  const excuses = new Map<string, Excuse>();
  for (const { type, data } of events) {
    if (type === 'dev.payday.game.sealed') break;
    if (type === 'dev.payday.windows.excused') excuses.set(data.excuseId, data);
  }
  return excuses;
}

/** Windows in which a team's service gets requests, and which of them have no result in the ledger. */
function countWindows({ scenario, teams, events, scored }: RehearsalFacts) {
  const { windowMs } = scenario.pay;
  const startsAt = startOf(events);
  const excuses = [...excusesOf(events).values()];
  const out = { expected: 0, scored: 0, excused: 0, missing: [] as string[] };
  for (const { id: serviceId } of scenario.services) {
    for (let index = 0; index * windowMs < scenario.durationMs; index++) {
      const before = arrivalsBefore(scenario, serviceId, index * windowMs);
      if (arrivalsBefore(scenario, serviceId, (index + 1) * windowMs) === before) continue;
      const beginAt = startsAt + index * windowMs;
      for (const { id: teamId } of teams) {
        out.expected++;
        const isExcused = excuses.some(
          (excuse) =>
            excuse.teamId === teamId &&
            excuse.serviceId === serviceId &&
            beginAt >= excuse.fromAt &&
            (excuse.untilAt === null || beginAt < excuse.untilAt),
        );
        if (isExcused) out.excused++;
        else if (scored.has(windowKey(teamId, serviceId, index))) out.scored++;
        else out.missing.push(windowKey(teamId, serviceId, index));
      }
    }
  }
  return out;
}

/** Never fails: results that the rehearsal's machine could not judge say nothing about the scenario. Too many of them are a warning. */
function unscoredCheck({ audit }: RehearsalFacts): RehearsalCheck {
  return {
    name: 'requests that were not scored',
    ok: true,
    found: requestShare(audit.unscored.total),
    problems: [],
  };
}

function warningsOf({ audit }: RehearsalFacts): string[] {
  return unscoredLevel(audit.unscored) === 'fine' ? [] : unscoredLines(audit.unscored);
}

function auditCheck({ audit }: RehearsalFacts): RehearsalCheck {
  const { equal, sealed, rows, results, differences } = audit;
  const ok = equal && sealed;
  return {
    name: 'the audit is equal',
    ok,
    found: `${equal ? 'equal' : `${number(differences.length)} differences`}: ${number(rows)} ledger rows of ${number(results)} results`,
    problems: [
      ...(sealed ? [] : ['the game was not sealed']),
      ...(equal ? [] : ['payday audit names the differences; keep the recording with --keep']),
    ],
  };
}

function fairnessCheck(scenario: Scenario, chaos: ChaosReport): RehearsalCheck {
  const { spread, typicalCents } = chaos;
  const inPlay = chaos.teams.filter((team) => team.inPlay);
  const dealt = inPlay.map(({ dealtCents, creditCents }) => dealtCents + creditCents);
  const allowed = allowedSpreadCents(scenario, chaos);
  const ok = spread.dealtCents <= allowed;
  const [least, most] = dealt.length === 0 ? [0, 0] : [Math.min(...dealt), Math.max(...dealt)];
  const typical = `a typical fault costs ${formatCents(typicalCents)}`;
  return {
    name: 'fairness: at most one typical fault apart',
    ok,
    found: `${formatCents(least)} to ${formatCents(most)} dealt per team; ${typical}`,
    problems: ok
      ? []
      : [
          `the teams are ${formatCents(spread.dealtCents)} apart, and at most ${formatCents(allowed)} is fair; ${typical}`,
        ],
  };
}

function startOf(events: readonly GameEvent[]): number {
  let startsAt = 0;
  for (const { type, data } of events) if (type === 'dev.payday.game.scheduled') ({ startsAt } = data);
  return startsAt;
}

const MAX_PROBLEMS = 10;

function few(problems: string[]): string[] {
  const more = problems.length - MAX_PROBLEMS;
  return more <= 0 ? problems : [...problems.slice(0, MAX_PROBLEMS), `… and ${number(more)} more`];
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
