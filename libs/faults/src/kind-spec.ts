import { PaydayError } from '#kernel';
import type { ExpectedEffect } from './effect.js';
import type { FaultParams } from './fault.js';

/** A parameter that is a whole number. */
export interface NumberRule {
  readonly min: number;
  readonly max: number;
  /** For messages and the guide, e.g. `ms`, `%`. */
  readonly unit: string;
  /** Used where the parameter is left out; without it the parameter is required. */
  readonly default?: number;
}

/** A parameter that is a text. Always required. */
export interface TextRule {
  readonly pattern: RegExp;
  /** For messages and the guide: what it is. */
  readonly says: string;
}

export type ParamRule = NumberRule | TextRule;

/** The parameters of a kind that are numbers, by name; asking for one that the kind doesn't have is a mistake in the kind's spec. */
export type NumberParams = (name: string) => number;

/** What is fixed about one kind of fault. */
export interface KindSpec {
  /** In one line: what customers of the struck service see. */
  readonly effect: string;
  /** What it is expected to do, in figures: what it costs is computed from that. `params` are checked, defaults filled in. */
  readonly expects: (params: NumberParams) => ExpectedEffect;
  readonly params: Readonly<Record<string, ParamRule>>;
  /** Whether parameters that are not listed are passed on to the far side rather than refused. */
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

/** A number parameter of checked params, or its default. */
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
