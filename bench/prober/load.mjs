// The load of every contestant (the same requests at the same rate, equally long) and its measurements.

/** Milliseconds after which the server answers, all equally frequent. In runs with stalls nothing else delays an answer. */
export const DELAYS_MS = [0, 0, 0, 0, 1, 5, 20];
export const AT_ONCE_MS = [0];
export const SERVICES = ['router', 'catalog', 'pricing', 'booking'];
/** Of a team's service. */
export const REQUESTS_PER_SECOND = 2;

/** @typedef {{rate: number, delaysMs: number[], warmMs: number, measuredMs: number}} Load requests per second; what comes in the warm-up doesn't count */

/** The number of teams that results in this rate. */
export function teamsOf(rate) {
  return Math.round(rate / (SERVICES.length * REQUESTS_PER_SECOND));
}

/** Base URLs of all services of all teams. */
export function endpointsOf(serverUrl, rate) {
  return Array.from({ length: teamsOf(rate) * SERVICES.length }, (_, id) => `${serverUrl}/e/${id}`);
}

/**
 * @typedef {object} Outcome
 * @property {number} requests that reached the server between the two CPU time readings
 * @property {number} cpuSeconds used between the readings
 * @property {number} cpuShare of a core
 * @property {Quantiles} reported latencies according to the contestant, ms
 * @property {Quantiles} truth from the read to the write according to the server, ms
 * @property {Quantiles | null} late delay of the send against its schedule according to the server, ms
 */

/** @typedef {{p50: number, p99: number, p999: number, max: number}} Quantiles */

export function quantilesOf(at) {
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
