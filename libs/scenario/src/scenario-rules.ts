import { suggest } from '#kernel';
import { formatDuration } from './duration.js';
import type { Path } from './file-error.js';
import { UUID_PLACEHOLDER, eachString, placeholdersIn } from './placeholders.js';
import { isMapping } from './readers.js';
import type { CheckDraft, FaultDraft, ScenarioDraft, TimelineDraft } from './scenario-shape.js';
import type { Report } from './yaml-source.js';

export interface RuleOptions {
  /** Fault kinds that this installation has drivers for. Default: any id is accepted. */
  faultKinds?: readonly string[];
  /** What is wrong with a fault's parameters; undefined if nothing. Called for known kinds only. */
  paramsProblem?(
    kind: string,
    params: Readonly<Record<string, string | number | boolean>>,
  ): string | undefined;
}

/** Rules across several keys. Values that were already refused are skipped. */
export function checkRules(draft: ScenarioDraft, report: Report, options: RuleOptions): void {
  checkServices(draft, report);
  checkTimes(draft, report);
  checkLoad(draft, report);
  checkTimeline(draft, report, options);
  checkEnding(draft, report);
  checkChaos(draft, report);
}

function checkServices({ services = [] }: ScenarioDraft, report: Report): void {
  unique(
    services.map((service) => service?.id),
    (index) => ['services', index, 'id'],
    'service',
    report,
  );
  const letters = new Map<string, string>();
  services.forEach((service, index) => {
    if (service === undefined) return;
    const letter = service.letter ?? service.id?.charAt(0).toUpperCase();
    const taken = letter === undefined ? undefined : letters.get(letter);
    if (taken !== undefined) {
      const path = ['services', index, 'letter'];
      report(
        path,
        `the letter ${letter} is already on the status indicator of ${taken}; give each service its own`,
      );
    } else if (letter !== undefined) letters.set(letter, service.id ?? `services[${index}]`);
    const checks = service.checks ?? [];
    const at: Path = ['services', index, 'checks'];
    unique(
      checks.map((check) => check?.id),
      (nth) => [...at, nth, 'id'],
      'check',
      report,
    );
    checks.forEach((check, nth) => check && checkPlaceholders(check, [...at, nth], report));
  });
}

function checkPlaceholders(check: CheckDraft, path: Path, report: Report): void {
  const { request, expect, cases = [] } = check;
  if (request?.method === 'GET' || request?.method === 'HEAD') {
    if (request.body !== undefined) report([...path, 'request', 'body'], `${request.method} has no body`);
  }
  if (request?.method === 'HEAD') {
    for (const key of ['json', 'contains'] as const)
      if (expect?.[key] !== undefined) report([...path, 'expect', key], 'an answer to HEAD has no body');
  }
  const parts = { request: { ...request, method: undefined }, expect };
  eachKey(parts, (key, at) => {
    if (key.includes('{{')) report([...path, ...at], 'placeholders work in values, not in keys');
  });
  eachString(parts, (text, at) => {
    const { names, malformed } = placeholdersIn(text);
    if (malformed) report([...path, ...at], 'holds "{{" that begins no placeholder; write {{name}}');
    for (const name of new Set(names)) {
      if (name === UUID_PLACEHOLDER) continue;
      const without = cases.flatMap((each, index) => (each && !Object.hasOwn(each, name) ? [index] : []));
      if (without.length === 0) continue;
      const defined = [...new Set(cases.flatMap((each) => Object.keys(each ?? {}))), UUID_PLACEHOLDER];
      if (without.length === cases.length) {
        const meant = suggest(name, defined);
        const hint = meant === undefined ? '' : ` (did you mean {{${meant}}}?)`;
        report([...path, ...at], `no case defines {{${name}}}${hint}`, defined);
      } else report([...path, 'cases', without[0]!], `does not define {{${name}}}, which other cases do`);
    }
  });
}

function eachKey(value: unknown, visit: (key: string, path: Path) => void, path: Path = []): void {
  if (Array.isArray(value)) value.forEach((item, index) => eachKey(item, visit, [...path, index]));
  else if (isMapping(value))
    for (const [key, item] of Object.entries(value)) {
      visit(key, [...path, key]);
      eachKey(item, visit, [...path, key]);
    }
}

function checkTimes({ duration, pay }: ScenarioDraft, report: Report): void {
  const windowMs = pay?.window;
  if (pay !== undefined) checkPay(pay, ['pay'], report);
  if (windowMs !== undefined && duration !== undefined && windowMs % 1000 === 0 && duration % windowMs !== 0)
    report(
      ['duration'],
      `${formatDuration(duration)} is not a multiple of pay.window (${formatDuration(windowMs)})`,
    );
}

/** @param path path of the pay section in its file */
export function checkPay(pay: NonNullable<ScenarioDraft['pay']>, path: Path, report: Report): void {
  if (pay.window !== undefined && pay.window % 1000 !== 0)
    report([...path, 'window'], `must be whole seconds, got ${formatDuration(pay.window)}`);
  let last: number | undefined;
  (pay.speedBands ?? []).forEach((band, index) => {
    const upTo = band?.upTo;
    if (upTo === undefined) return;
    if (last !== undefined && upTo <= last)
      report(
        [...path, 'speedBands', index, 'upTo'],
        `must be above the band before it (${formatDuration(last)}), got ${formatDuration(upTo)}`,
      );
    last = upTo;
  });
}

function checkLoad({ duration, load = [], services }: ScenarioDraft, report: Report): void {
  const known = knownIds(services);
  let some = false;
  load.forEach((phase, index) => {
    const at = phase?.at;
    const path: Path = ['load', index, 'at'];
    if (at !== undefined) {
      const before = load[index - 1]?.at;
      if (index === 0 && at !== 0) report(path, `the first phase begins at 0, got ${formatDuration(at)}`);
      if (before !== undefined && at <= before)
        report(path, `phases stand in order: ${formatDuration(at)} is not after ${formatDuration(before)}`);
      if (duration !== undefined && at >= duration) report(path, afterEnd(at, duration));
      const next = load[index + 1]?.at ?? duration;
      const end = at + (phase?.ramp ?? 0);
      if (next !== undefined && at < next && end > next)
        report(
          ['load', index, 'ramp'],
          `ends at ${formatDuration(end)}, after the phase itself (${formatDuration(next)})`,
        );
    }
    const rates = phase?.requestsPerSecond;
    if (rates === undefined) some = true;
    else if (typeof rates === 'number') some ||= rates > 0;
    else {
      some ||= Object.keys(rates).length === 0;
      const ratesPath: Path = ['load', index, 'requestsPerSecond'];
      for (const [key, rate] of Object.entries(rates)) {
        some ||= rate === undefined || rate > 0;
        unknownService(key, known, [...ratesPath, key], report);
      }
      if (index === 0 && phase !== undefined)
        for (const service of known ?? [])
          if (!Object.hasOwn(rates, service))
            report(ratesPath, `the first phase needs a rate for ${service}`);
    }
  });
  if (!some && load.length > 0) report(['load'], 'every rate is 0: no request would ever be sent');
}

function checkTimeline(draft: ScenarioDraft, report: Report, options: RuleOptions): void {
  const { duration, timeline = [] } = draft;
  const known = knownIds(draft.services);
  unique(
    timeline.map((entry) => entry?.id),
    (index) => ['timeline', index, 'id'],
    'entry',
    report,
  );
  timeline.forEach((entry, index) => {
    if (entry === undefined) return;
    const path: Path = ['timeline', index];
    const before = timeline[index - 1]?.at;
    if (entry.at !== undefined) {
      if (before !== undefined && entry.at < before)
        report(
          [...path, 'at'],
          `entries stand in order: ${formatDuration(entry.at)} is before ${formatDuration(before)}`,
        );
      if (duration !== undefined && entry.at >= duration)
        report([...path, 'at'], afterEnd(entry.at, duration));
    }
    const by = checkBy(entry, path, duration, report);
    if (!('fault' in entry)) return;
    const latest = by ?? entry.at;
    const end = (latest ?? 0) + (entry.ttl ?? 0);
    if (latest !== undefined && duration !== undefined && latest < duration && end > duration)
      report(
        [...path, 'ttl'],
        `the fault would end at ${formatDuration(end)}, after the game (${formatDuration(duration)})`,
      );
    if (entry.service !== undefined) unknownService(entry.service, known, [...path, 'service'], report);
    if (Array.isArray(entry.teams)) unique(entry.teams, (nth) => [...path, 'teams', nth], 'team', report);
    checkKind(entry, path, report, options);
  });
}

function checkKind(
  { fault: kind, params }: FaultDraft,
  path: Path,
  report: Report,
  { faultKinds, paramsProblem }: RuleOptions,
): void {
  if (kind === undefined) return;
  if (faultKinds !== undefined && !faultKinds.includes(kind)) {
    const meant = suggest(kind, faultKinds);
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    report([...path, 'fault'], `unknown fault "${kind}"${hint}`, faultKinds);
    return;
  }
  const values = Object.entries(params ?? {});
  if (params === undefined || values.some(([, value]) => value === undefined)) return;
  const problem = paramsProblem?.(kind, params as Record<string, string | number | boolean>);
  if (problem !== undefined) report([...path, 'params'], problem);
}

/** @returns the latest time at which an entry with a condition runs, if known and valid */
function checkBy(
  { at, when }: TimelineDraft,
  path: Path,
  duration: number | undefined,
  report: Report,
): number | undefined {
  const by = when?.by;
  if (by === undefined) return undefined;
  const byPath = [...path, 'when', 'by'];
  if (at !== undefined && by <= at)
    report(byPath, `${formatDuration(by)} is not after at (${formatDuration(at)})`);
  else if (duration !== undefined && by >= duration) report(byPath, afterEnd(by, duration));
  else return by;
  return undefined;
}

function checkEnding({ duration, freeze, ceremony }: ScenarioDraft, report: Report): void {
  if (freeze !== undefined && duration !== undefined && freeze >= duration)
    report(['freeze'], afterEnd(freeze, duration));
  const { introduced, prizes } = ceremony ?? {};
  if (introduced !== undefined && prizes !== undefined && prizes > introduced)
    report(['ceremony', 'prizes'], `${prizes} teams can't win a prize where ${introduced} are introduced`);
}

/** The timeline must respect the limits, too. A number does not tell which teams are struck, so only certain violations are refused. */
function checkChaos({ chaos, timeline = [] }: ScenarioDraft, report: Report): void {
  const { maxDuration, cooldown } = chaos ?? {};
  const earlier: { fault: FaultDraft; endsAt: number; index: number }[] = [];
  timeline.forEach((entry, index) => {
    if (entry === undefined || !('fault' in entry)) return;
    const { at, ttl, service } = entry;
    if (ttl !== undefined && maxDuration !== undefined && ttl > maxDuration)
      report(
        ['timeline', index, 'ttl'],
        `${formatDuration(ttl)} is longer than chaos.maxDuration (${formatDuration(maxDuration)})`,
      );
    // An entry that waits for a condition may run at any time.
    if (at === undefined || ttl === undefined || cooldown === undefined || entry.when !== undefined) return;
    const met = earlier.filter(({ fault }) => fault.service === service && mustMeet(fault, entry));
    const before = met.sort((one, other) => other.endsAt - one.endsAt)[0];
    if (before !== undefined && at < before.endsAt + cooldown)
      report(
        ['timeline', index, 'at'],
        `a team would be struck on ${service} again while timeline[${before.index}] acts, or within chaos.cooldown ` +
          `(${formatDuration(cooldown)}) after it; ${formatDuration(before.endsAt + cooldown)} is the earliest`,
      );
    earlier.push({ fault: entry, endsAt: at + ttl, index });
  });
}

/** Whether two faults certainly have a team in common. */
function mustMeet({ teams: one }: FaultDraft, { teams: other }: FaultDraft): boolean {
  if (one === undefined || other === undefined) return false;
  if (one === 'all' || other === 'all') return true;
  return Array.isArray(one) && Array.isArray(other) && one.some((team) => other.includes(team));
}

function afterEnd(atMs: number, durationMs: number): string {
  return `${formatDuration(atMs)} is not before the end of the game (${formatDuration(durationMs)})`;
}

/** Undefined if an id itself was refused: then references cannot be checked. */
function knownIds(services: ScenarioDraft['services']): string[] | undefined {
  const ids = (services ?? []).map((service) => service?.id);
  return ids.length === 0 || ids.includes(undefined) ? undefined : (ids as string[]);
}

export function unknownService(
  key: string,
  known: readonly string[] | undefined,
  path: Path,
  report: Report,
): void {
  if (known === undefined || known.includes(key)) return;
  const meant = suggest(key, known);
  report(path, `unknown service "${key}"${meant === undefined ? '' : ` (did you mean ${meant}?)`}`, known);
}

/** Reports every id that an earlier entry already uses. */
export function unique(
  ids: readonly (string | undefined)[],
  pathOf: (index: number) => Path,
  what: string,
  report: Report,
): void {
  const first = new Map<string, number>();
  ids.forEach((each, index) => {
    if (each === undefined) return;
    if (first.has(each)) report(pathOf(index), `another ${what} has the id ${each}; ids are unique`);
    else first.set(each, index);
  });
}
