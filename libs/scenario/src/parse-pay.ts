import type { PayRules } from '#contracts';
import { ScenarioError } from './file-error.js';
import { buildPay } from './parse-scenario.js';
import { checkPay } from './scenario-rules.js';
import { payShape, type ScenarioFile } from './scenario-shape.js';
import { readYaml } from './yaml-source.js';

/**
 * Parses a file with the contents of a scenario's `pay` section (YAML 1.2 or JSON), with every default filled in.
 * @param fileName for messages.
 * @throws ScenarioError (`invalid_scenario`) with every mistake in the file.
 */
export function parsePay(text: string, fileName: string): PayRules {
  const source = readYaml(text);
  if (source.root === null || source.root === undefined) {
    if (source.problems().length === 0) source.report([], 'the file is empty');
  } else {
    const draft = payShape(source.root, [], source.report);
    if (draft !== undefined) {
      checkPay(draft, [], source.report);
      if (source.problems().length === 0) return buildPay(draft as ScenarioFile['pay']);
    }
  }
  throw new ScenarioError(fileName, source.problems());
}
