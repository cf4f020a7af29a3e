import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

it('says in one line that its output cannot be written, with exit code 1', () => {
  const unwritable = openSync(join(ROOT, 'README.md'), 'r');
  const { status, stderr } = spawnSync(
    process.execPath,
    ['dist/apps/cli/src/main.js', 'scenario', 'check', 'scenarios/quick.yaml'],
    { cwd: ROOT, stdio: ['ignore', unwritable, 'pipe'], encoding: 'utf8' },
  );
  closeSync(unwritable);
  expect(stderr).toMatch(/^payday: cannot write the output: .*\n$/);
  expect(status).toBe(1);
});
