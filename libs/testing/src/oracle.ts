import type { GameEvent, Outcome, Role, Scenario } from '#contracts';

/** One probe result, outside of any batch. */
export interface PlainResult {
  teamId: string;
  role: Role;
  serviceId: string;
  counterpartyId: string;
  intendedAt: number;
  latencyUs: number;
  outcome: Outcome;
}

/**
 * Recomputes the ledger of a sealed game from a bag of results in the most obvious way: group by entry, add up, apply the
 * rules of docs/scoring.md. It shares no code with `libs/scoring`.
 * @returns count and cents by `team|window|service|reason|counterpartyId`
 */
export function naiveLedger(
  scenario: Pick<Scenario, 'pay' | 'services'>,
  events: readonly GameEvent[],
  results: readonly PlainResult[],
): Map<string, { count: number; cents: number }> {
  const { pay } = scenario;
  const game = gameTimes(events, pay.windowMs);
  const weight = (id: string): number =>
    scenario.services.find((service) => service.id === id)!.weightPercent;
  const ledger = new Map<string, { count: number; cents: number }>();
  const isExcused = excuses(events);
  const counted = results.filter(
    (r) => game.scores(r.intendedAt) && !isExcused(r, game.windowStart(r.intendedAt)),
  );
  const scored = counted.filter((r) => r.outcome !== 'prober_error');
  for (const r of counted) {
    if (r.outcome !== 'prober_error' || r.role !== 'consumer') continue;
    const key = [r.teamId, game.window(r.intendedAt), r.serviceId, 'unscored', r.counterpartyId].join('|');
    ledger.set(key, { count: (ledger.get(key)?.count ?? 0) + 1, cents: 0 });
  }

  const groups = groupBy(scored, (r) =>
    [r.teamId, game.window(r.intendedAt), r.serviceId, r.role, r.counterpartyId].join('|'),
  );
  for (const [key, group] of groups) {
    const [teamId, window, serviceId, role, counterpartyId] = key.split('|') as [
      string,
      string,
      string,
      Role,
      string,
    ];
    const good = group.filter((r) => r.outcome === 'ok');
    const bad = group.length - good.length;
    const entry = (reason: string): string => [teamId, window, serviceId, reason, counterpartyId].join('|');
    if (role === 'consumer' && good.length > 0) {
      const base = good.reduce((sum, r) => sum + bandCents(pay.speedBands, r.latencyUs), 0);
      const market = counterpartyId === teamId ? pay.market.ownPercent : pay.market.foreignPercent;
      ledger.set(entry('served'), {
        count: good.length,
        cents: floorDiv(base * weight(serviceId) * market, 10_000),
      });
    }
    if (role === 'consumer' && bad > 0) {
      ledger.set(entry('failed'), {
        count: bad,
        cents: floorDiv(bad * pay.failureCents * weight(serviceId), 100),
      });
    }
    if (role === 'provider' && good.length > 0) {
      ledger.set(entry('usage_fee'), {
        count: good.length,
        cents: floorDiv(good.length * pay.market.providerFeeCents * weight(serviceId), 100),
      });
    }
  }

  const own = groupBy(
    scored.filter((r) => r.role === 'consumer'),
    (r) => [r.teamId, game.window(r.intendedAt), r.serviceId].join('|'),
  );
  for (const [key, group] of own) {
    const [teamId, window, serviceId] = key.split('|') as [string, string, string];
    const good = group.filter((r) => r.outcome === 'ok').length;
    const { belowAvailabilityPercent, minProbes, cents } = pay.downtime;
    if (group.length >= minProbes && (good / group.length) * 100 < belowAvailabilityPercent) {
      const entry = [teamId, window, serviceId, 'downtime', teamId].join('|');
      ledger.set(entry, { count: 1, cents: floorDiv(cents * weight(serviceId), 100) });
    }
  }

  for (const event of events) {
    if (event.type !== 'dev.payday.adjustment.made') continue;
    const { teamId, adjustmentId, cents, effectiveAt } = event.data;
    const window = Math.max(0, Math.min(game.window(effectiveAt), game.windowCount - 1));
    ledger.set([teamId, window, '', 'adjustment', adjustmentId].join('|'), { count: 1, cents });
  }
  return ledger;
}

/** Salaries from a naive ledger, by team id. */
export function naiveSalaries(ledger: ReadonlyMap<string, { cents: number }>): Map<string, number> {
  const out = new Map<string, number>();
  for (const [key, { cents }] of ledger) {
    const teamId = key.slice(0, key.indexOf('|'));
    out.set(teamId, (out.get(teamId) ?? 0) + cents);
  }
  return out;
}

/** Counts a team's requests and unscored requests in a naive ledger, for each service. */
export function naiveRequests(
  ledger: ReadonlyMap<string, { count: number }>,
  teamId: string,
  serviceIds: readonly string[],
): { id: string; requests: number; unscored: number }[] {
  return serviceIds.map((id) => {
    const sum = (...reasons: string[]): number =>
      [...ledger]
        .map(([key, { count }]) => ({ parts: key.split('|'), count }))
        .filter(({ parts }) => parts[0] === teamId && parts[2] === id && reasons.includes(parts[3]!))
        .reduce((total, { count }) => total + count, 0);
    return { id, requests: sum('served', 'failed', 'unscored'), unscored: sum('unscored') };
  });
}

function gameTimes(events: readonly GameEvent[], windowMs: number) {
  let startsAt = 0;
  let endsAt = 0;
  const pauses: { from: number; until: number }[] = [];
  for (const event of events) {
    if (event.type === 'dev.payday.game.scheduled') ({ startsAt, endsAt } = event.data);
    if (event.type === 'dev.payday.game.paused') pauses.push({ from: event.data.fromAt, until: Infinity });
    if (event.type === 'dev.payday.game.resumed') {
      pauses.at(-1)!.until = event.data.fromAt;
      endsAt = event.data.endsAt;
    }
    if (event.type === 'dev.payday.game.ended') endsAt = event.data.endsAt;
  }
  return {
    windowCount: Math.ceil((endsAt - startsAt) / windowMs),
    window: (at: number): number => Math.floor((at - startsAt) / windowMs),
    windowStart: (at: number): number => startsAt + Math.floor((at - startsAt) / windowMs) * windowMs,
    scores: (at: number): boolean =>
      at >= startsAt && at < endsAt && !pauses.some((pause) => at >= pause.from && at < pause.until),
  };
}

/** A team's own service's responses to its own customers in an excused window. */
function excuses(events: readonly GameEvent[]) {
  type Excuse = Extract<GameEvent, { type: 'dev.payday.windows.excused' }>['data'];
  const byId = new Map<string, Excuse>();
  for (const event of events) {
    if (event.type === 'dev.payday.game.sealed') break;
    if (event.type === 'dev.payday.windows.excused') byId.set(event.data.excuseId, event.data);
  }
  return (r: PlainResult, windowStart: number): boolean =>
    r.role === 'consumer' &&
    r.counterpartyId === r.teamId &&
    [...byId.values()].some(
      ({ teamId, serviceId, fromAt, untilAt }) =>
        teamId === r.teamId &&
        serviceId === r.serviceId &&
        windowStart >= fromAt &&
        windowStart < (untilAt ?? Infinity),
    );
}

function bandCents(bands: Scenario['pay']['speedBands'], latencyUs: number): number {
  return bands.find((band) => latencyUs <= band.upToMs * 1000)?.cents ?? 0;
}

/** Exact floor division, by BigInt so that it can't share a rounding mistake with the core. */
function floorDiv(a: number, b: number): number {
  const [x, y] = [BigInt(a), BigInt(b)];
  const quotient = x / y;
  return Number(x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = out.get(key);
    if (group) group.push(item);
    else out.set(key, [item]);
  }
  return out;
}
