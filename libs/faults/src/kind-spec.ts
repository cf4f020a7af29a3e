import { PaydayError } from '#kernel';
import type { ExpectedEffect } from './effect.js';
import type { FaultParams } from './fault.js';

/** An integer parameter. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
  /** For messages and the guide, e.g. `ms`, `%`. */
  readonly unit: string;
  /** Used if the parameter is absent; without a default, the parameter is required. */
  readonly default?: number;
}

/** A text parameter. Always required. */
export interface TextRule {
  readonly pattern: RegExp;
  /** Describes the value, for messages and the guide. */
  readonly says: string;
}

export type ParamRule = NumberRule | TextRule;

/** Looks up a number parameter of a kind by name; an unknown name is a bug in the kind's spec. */
export type NumberParams = (name: string) => number;

/** The static description of one fault kind. */
export interface KindSpec {
  /** What customers of the struck service see, in one line. */
  readonly effect: string;
  /** The expected effect in figures, from which the cost is computed. `params` are validated and have their defaults. */
  readonly expects: (params: NumberParams) => ExpectedEffect;
  readonly params: Readonly<Record<string, ParamRule>>;
  /** Whether unlisted parameters are passed to the remote system rather than refused. */
  readonly passesOthers?: true;
}

export type KindSpecs = Readonly<Record<string, KindSpec>>;

/** @throws PaydayError `invalid_fault_params` that names the parameter and what is allowed. */
export function checkKindParams(specs: KindSpecs, kind: string, params: FaultParams): void {
  const spec = specs[kind] ?? { params: {} };
  for (const name of Object.keys(params))
    if (!Object.hasOwn(spec.params, name) && !('passesOthers' in spec))
      throw badParam(kind, name, `is not known${known(spec.params)}`);
  for (const [name, rule] of Object.entries(spec.params)) {
    const value = params[name];
    const got = `, got ${JSON.stringify(value)}`;
    if ('pattern' in rule) {
      if (typeof value !== 'string' || !rule.pattern.test(value))
        throw badParam(kind, name, `must be ${rule.says}${got}`);
    } else if (value !== undefined || rule.default === undefined) {
      const { min, max, unit } = rule;
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
        throw badParam(kind, name, `must be a whole number of ${unit} from ${min} to ${max}${got}`);
    }
  }
}

/** Returns a number parameter of validated params, or its default. */
export function numberParam(specs: KindSpecs, kind: string, params: FaultParams, name: string): number {
  const rule = specs[kind]?.params[name];
  const fallback = rule !== undefined && 'min' in rule ? rule.default : undefined;
  return Number(params[name] ?? fallback);
}

function badParam(kind: string, name: string, problem: string): PaydayError {
  return new PaydayError('invalid_fault_params', `fault ${kind}: the parameter ${name} ${problem}`);
}

function known(rules: Readonly<Record<string, ParamRule>>): string {
  const names = Object.keys(rules);
  return names.length === 0 ? '; this kind takes none' : `; known: ${names.join(', ')}`;
}
