import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Scenario } from '#contracts';
import { PaydayError, messageOf } from '#kernel';
import { parseScenario } from '#scenario';
import { FAULT_RULES } from '../../all-in-one/src/index.js';

/** @throws PaydayError `unreadable_file`; ScenarioError with every mistake in the file */
export function readScenario(path: string): Scenario {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PaydayError('unreadable_file', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  return parseScenario(text, basename(path), FAULT_RULES);
}
