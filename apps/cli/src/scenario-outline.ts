import type { Scenario, TimelineEntry } from '#contracts';
import { formatCents } from '#kernel';
import { table } from '#runtime';
import { adviceOn, forecast, formatDuration, type ServiceForecast } from '#scenario';
import { plain } from './terminal.js';

/** What `payday scenario show` prints about a scenario. Times are ms of game time, money is in cents per team. */
export interface Outline {
  scenario: Scenario;
  services: ServiceForecast[];
  /** Pay of a team whose answers are all good and fast, and of one whose requests all fail. */
  perfectCents: number;
  brokenCents: number;
  advice: string[];
}

export function outlineOf(scenario: Scenario): Outline {
  const services = forecast(scenario);
  const sum = (key: 'perfectCents' | 'brokenCents'): number =>
    services.reduce((total, service) => total + service[key], 0);
  return {
    scenario,
    services,
    perfectCents: sum('perfectCents'),
    brokenCents: sum('brokenCents'),
    advice: adviceOn(scenario),
  };
}

/** The outline as text: services, pay, and the day in order of time. */
export function outlineText(outline: Outline): string {
  const { scenario, advice } = outline;
  const { name, id, description, durationMs, seed, pay } = scenario;
  const parts = [
    `${plain(name)} (${id}): ${formatDuration(durationMs)}, windows of ${formatDuration(pay.windowMs)}, seed "${plain(seed)}"`,
    ...(description === '' ? [] : [plain(description)]),
    `Services, per team\n${servicesTable(outline)}`,
    `Timeline\n${table(
      timelineRows(scenario).map(({ atMs, cells }) => [formatDuration(atMs), ...cells]),
      [0],
    )}`,
    limitsLine(scenario),
    ...(advice.length === 0 ? [] : [`Worth a look\n${advice.map((each) => `  ${plain(each)}`).join('\n')}`]),
  ];
  return parts.join('\n\n');
}

function servicesTable({ scenario, services, perfectCents, brokenCents }: Outline): string {
  const perMinute = (cents: number): string =>
    `${formatCents(Math.round((cents * 60_000) / scenario.durationMs))}/min`;
  const money = (cents: number): string[] => [formatCents(cents), perMinute(cents)];
  const rows = services.map(({ serviceId, requests, perfectCents: best, brokenCents: worst }, index) => {
    const { letter, weightPercent, checks } = scenario.services[index]!;
    return [
      `${letter} ${serviceId}`,
      `${weightPercent} %`,
      String(checks.length),
      requests.toLocaleString('en-US'),
      ...money(best),
      ...money(worst),
    ];
  });
  const requests = services.reduce((sum, service) => sum + service.requests, 0);
  const total = [
    'all',
    '',
    '',
    requests.toLocaleString('en-US'),
    ...money(perfectCents),
    ...money(brokenCents),
  ];
  const head = ['service', 'weight', 'checks', 'requests', 'perfect', '', 'all failing', ''];
  return table([head, ...rows, total], [1, 2, 3, 4, 5, 6, 7]);
}

interface Row {
  atMs: number;
  cells: string[];
}

function timelineRows(scenario: Scenario): Row[] {
  const { load, timeline, freezeAtMs, durationMs, ceremony } = scenario;
  const phases = load.map(({ atMs, label, requestsPerSecond, rampMs }): Row => {
    const rates = Object.entries(requestsPerSecond).map(([id, rate]) => `${id} ${rate}/s`);
    const ramp = rampMs === 0 ? '' : `, within ${formatDuration(rampMs)}`;
    return { atMs, cells: ['load', `${plain(label)}: ${rates.join(', ')}${ramp}`] };
  });
  const entries = timeline.map((entry): Row => ({ atMs: entry.atMs, cells: entryCells(entry) }));
  const freeze =
    freezeAtMs === undefined ? [] : [{ atMs: freezeAtMs, cells: ['freeze', 'the board stands still'] }];
  const end: Row = { atMs: durationMs, cells: ['end', ceremony === undefined ? '' : ceremonyText(scenario)] };
  // The sort is stable: entries with the same time keep the load change first.
  return [...[...phases, ...freeze, ...entries].sort((a, b) => a.atMs - b.atMs), end];
}

function entryCells(entry: TimelineEntry): string[] {
  const when = entry.when === undefined ? '' : ` [${conditionText(entry.when)}]`;
  if (entry.type === 'announcement') {
    const media = [entry.pictureUrl, entry.videoUrl]
      .filter((url) => url !== undefined)
      .map((url) => ` <${url}>`);
    return ['says', `${plain(entry.text)}${media.join('')}${when}`];
  }
  const { kind, serviceId, params, teams, ttlMs, label, scoring } = entry;
  const given = Object.entries(params).map(([key, value]) => `${key} ${String(value)}`);
  const struck =
    teams === 'all' ? 'all teams' : typeof teams === 'number' ? `${teams} teams` : teams.join(', ');
  const what = `${kind}${given.length === 0 ? '' : ` (${given.join(', ')})`} on ${serviceId}`;
  const paid = scoring === 'pause' ? ', not paid' : '';
  return ['fault', `${what}, ${struck}, ${formatDuration(ttlMs)}${paid}: ${plain(label)}${when}`];
}

function conditionText({ teamsUpPercent, byMs }: NonNullable<TimelineEntry['when']>): string {
  const by = byMs === null ? '' : `, by ${formatDuration(byMs)} at the latest`;
  return `when ${teamsUpPercent} % of the teams are up${by}`;
}

function ceremonyText({ freezeAtMs, ceremony }: Scenario): string {
  const { introduced, prizes, revealAfterMs } = ceremony!;
  const reveal =
    revealAfterMs === null
      ? 'revealed by hand'
      : `revealed ${formatDuration(revealAfterMs)} after, or by hand`;
  const stage = `${introduced} teams are introduced, ${prizes} win a prize`;
  return freezeAtMs === undefined ? stage : `${reveal}; ${stage}`;
}

function limitsLine({ chaos }: Scenario): string {
  if (chaos === undefined) return '';
  const { maxTeams, maxDurationMs, cooldownMs, maxActive } = chaos;
  return (
    `Limits of chaos: ${maxTeams} teams at once without confirmation, ${formatDuration(maxDurationMs)} at most, ` +
    `${formatDuration(cooldownMs)} between two on one service, ${maxActive} at the same time`
  );
}
