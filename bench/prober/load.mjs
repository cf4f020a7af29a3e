// What every contestant sends: the same requests at the same rate, for as long, and what is measured of it.

/** Milliseconds after which the server answers; each is as frequent as the others. With stalls, nothing else shall delay an answer. */
export const DELAYS_MS = [0, 0, 0, 0, 1, 5, 20];
export const AT_ONCE_MS = [0];
export const SERVICES = ['router', 'catalog', 'pricing', 'booking'];
/** Of a team's service. */
export const REQUESTS_PER_SECOND = 2;

/** @typedef {{rate: number, delaysMs: number[], warmMs: number, measuredMs: number}} Load requests per second; what comes in the warm-up doesn't count */

/** How many teams make this rate. */
export function teamsOf(rate) {
  return Math.round(rate / (SERVICES.length * REQUESTS_PER_SECOND));
}

/** Base URLs of all services of all teams. */
export function endpointsOf(serverUrl, rate) {
  return Array.from({ length: teamsOf(rate) * SERVICES.length }, (_, id) => `${serverUrl}/e/${id}`);
}

/**
 * @typedef {object} Outcome
 * @property {number} requests that reached the server between the two looks at the CPU time
 * @property {number} cpuSeconds used between them
 * @property {number} cpuShare of a core
 * @property {Quantiles} reported latencies as the contestant says, ms
 * @property {Quantiles} truth from the read to the write, as the server says, ms
 * @property {Quantiles | null} late of the send against its schedule, as the server sees it, ms
 */

/** @typedef {{p50: number, p99: number, p999: number, max: number}} Quantiles */

export function quantilesOf(at) {
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
