/** Injection tokens of the parts that every service shares. */
export const CLOCK = Symbol('Clock');
export const EVENT_LOG = Symbol('EventLog');
export const LOGGER = Symbol('Logger');
/** A prom-client `Registry`. */
export const METRICS = Symbol('Metrics');
/** A TypeORM `DataSource`. */
export const DATA_SOURCE = Symbol('DataSource');
export const TOKEN_VERIFIER = Symbol('TokenVerifier');
