import { KINDS_BY_DRIVER } from './all-drivers.js';
import { EVERY_REQUEST_FAILS, type ExpectedEffect } from './effect.js';
import type { FaultParams } from './fault.js';
import type { KindSpec } from './kind-spec.js';

const SPECS: ReadonlyMap<string, KindSpec> = new Map(
  Object.values(KINDS_BY_DRIVER).flatMap((specs) => Object.entries(specs)),
);

/**
 * Returns the expected effect of a fault of a built-in kind. For unknown kinds and invalid parameters, assumes the worst: every
 * request fails.
 */
export function expectedEffect(kind: string, params: FaultParams): ExpectedEffect {
  const spec = SPECS.get(kind);
  if (spec === undefined) return EVERY_REQUEST_FAILS;
  const numbers = new Map<string, number>();
  for (const [name, rule] of Object.entries(spec.params)) {
    if ('pattern' in rule) continue;
    const value = params[name] ?? rule.default;
    if (typeof value !== 'number' || !(value >= rule.min && value <= rule.max)) return EVERY_REQUEST_FAILS;
    numbers.set(name, value);
  }
  return spec.expects((name) => {
    const value = numbers.get(name);
    if (value === undefined) throw new RangeError(`the kind ${kind} has no number parameter ${name}`);
    return value;
  });
}

/** Whether a fault of this kind brings customers rather than harm. It has a column of its own and is no strike. */
export function isTraffic(kind: string): boolean {
  return TRAFFIC.has(kind);
}

const TRAFFIC: ReadonlySet<string> = new Set(Object.keys(KINDS_BY_DRIVER['traffic']!));
