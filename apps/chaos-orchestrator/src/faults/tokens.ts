/** Injection token of `Timers`. */
export const TIMERS = Symbol('Timers');

/** Injection token of the `LifeCyclePolicy`. */
export const LIFE_CYCLE_POLICY = Symbol('LifeCyclePolicy');
