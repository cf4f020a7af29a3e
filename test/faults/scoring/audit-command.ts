import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './service-process.js';

const run = promisify(execFile);

/** The result of `payday audit`: how many rows and salaries do not follow from the raw log. */
export async function auditDifferences(logUrl: string, databaseUrl: string, gameId: string): Promise<number> {
  const command = [join(ROOT, 'dist/apps/cli/src/main.js'), 'audit', '--json'];
  const where = ['--log', logUrl, '--database', databaseUrl, '--game', gameId];
  const { stdout } = await run(process.execPath, [...command, ...where], {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout?: string }) => {
    // Exit code 1 means that there are differences; the report has them.
    if (!error.stdout) throw error;
    return { stdout: error.stdout };
  });
  const { sealed, equal, differences } = JSON.parse(stdout) as {
    sealed: boolean;
    equal: boolean;
    differences: unknown[];
  };
  if (!sealed) throw new Error('payday audit does not take the game for sealed');
  return equal ? 0 : Math.max(1, differences.length);
}
