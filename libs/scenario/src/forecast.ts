import type { PayRules, Scenario, ServiceSpec } from '#contracts';
import { arrivalsBefore } from './load.js';

/** What one team earns from its customers of one service over a whole game without pauses. Money in cents, as in the ledger. */
export interface ServiceForecast {
  serviceId: string;
  requests: number;
  /** Windows in which at least one request is sent. */
  windows: number;
  /** Windows with enough requests for downtime to apply. */
  downtimeWindows: number;
  /** Every answer good and in the fastest band. */
  perfectCents: number;
  /** Every request fails. */
  brokenCents: number;
}

/** By service, in scenario order. Ignores the market and faults. */
export function forecast(scenario: Scenario): ServiceForecast[] {
  return scenario.services.map((service) => forecastService(scenario, service));
}

function forecastService(scenario: Scenario, { id, weightPercent }: ServiceSpec): ServiceForecast {
  const { pay, durationMs } = scenario;
  const out = { serviceId: id, requests: 0, windows: 0, downtimeWindows: 0, perfectCents: 0, brokenCents: 0 };
  for (let atMs = 0; atMs < durationMs; atMs += pay.windowMs) {
    const requests = arrivalsBefore(scenario, id, atMs + pay.windowMs) - arrivalsBefore(scenario, id, atMs);
    if (requests === 0) continue;
    out.requests += requests;
    out.windows++;
    out.perfectCents += perfectCents(pay, weightPercent, requests);
    out.brokenCents += Math.floor((requests * pay.failureCents * weightPercent) / 100);
    if (!downtimeStrikes(pay, requests)) continue;
    out.downtimeWindows++;
    out.brokenCents += Math.floor((pay.downtime.cents * weightPercent) / 100);
  }
  return out;
}

function perfectCents({ speedBands, market }: PayRules, weightPercent: number, requests: number): number {
  const cents = requests * (speedBands[0]?.cents ?? 0);
  return Math.floor((cents * weightPercent * market.ownPercent) / 10_000);
}

/** Whether a window with this many requests, all failed, counts as downtime. */
function downtimeStrikes({ downtime }: PayRules, requests: number): boolean {
  return requests >= downtime.minProbes && downtime.belowAvailabilityPercent > 0;
}

/**
 * Valid but probably unintended settings, for the author of a scenario: phases in which downtime cannot apply, and
 * services whose failure costs less than the others earn.
 */
export function adviceOn(scenario: Scenario): string[] {
  const { pay, load, services } = scenario;
  const advice: string[] = [];
  for (const { label, requestsPerSecond } of load) {
    const perWindow = (id: string): number => ((requestsPerSecond[id] ?? 0) * pay.windowMs) / 1000;
    const busy = services.filter(({ id }) => perWindow(id) > 0);
    const quiet = busy.filter(({ id }) => !downtimeStrikes(pay, Math.floor(perWindow(id))));
    if (pay.downtime.cents < 0 && quiet.length > 0)
      advice.push(
        `phase "${label}": a window has too few requests for downtime to strike (pay.downtime.minProbes ` +
          `is ${pay.downtime.minProbes}): ${names(quiet)}`,
      );
    const harmless = busy.filter((broken) => {
      const others = busy.filter((each) => each !== broken);
      const earned = others.reduce(
        (sum, { id, weightPercent }) => sum + perfectCents(pay, weightPercent, perWindow(id)),
        0,
      );
      const strikes = downtimeStrikes(pay, Math.floor(perWindow(broken.id)));
      const cents = perWindow(broken.id) * pay.failureCents + (strikes ? pay.downtime.cents : 0);
      return earned + (cents * broken.weightPercent) / 100 >= 0 && others.length > 0;
    });
    if (harmless.length > 0)
      advice.push(
        `phase "${label}": a team whose service is down still earns, as the others bring more: ${names(harmless)}`,
      );
  }
  if (scenario.freezeAtMs !== undefined && scenario.ceremony?.revealAfterMs === null)
    advice.push(
      'the board freezes, and nothing reveals it but a facilitator: there is no ceremony.revealAfter',
    );
  return advice;
}

function names(services: readonly ServiceSpec[]): string {
  return services.map(({ id }) => id).join(', ');
}
