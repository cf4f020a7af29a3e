import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './game-process.js';

/** Created by `.ci/run`; elsewhere the machine's python3 must have the packages. */
const OWN = join(ROOT, '.cache/python/bin/python3');
export const PYTHON = existsSync(OWN) ? OWN : 'python3';

/** What must be installed to import these modules; undefined: nothing. */
export function pythonLacks(modules: readonly string[], packages: string): string | undefined {
  if (spawnSync(PYTHON, ['--version']).status !== 0) return 'there is no python3; install it';
  if (spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`]).status === 0) return undefined;
  return `python3 lacks packages; python3 -m venv .cache/python && .cache/python/bin/pip install ${packages}`;
}

/** Runs a Python program to its end. */
export function runPython(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(PYTHON, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
