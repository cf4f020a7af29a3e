// Runs the tests. Extra arguments go to jest: npm test -- libs/scoring
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = (args, env = {}) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
    .status ?? 1;

// Tests of whole processes and of the pages run what `npm start` runs.
const built = node([join(root, 'tools/build.mjs'), '--if-stale']);
if (built !== 0) process.exit(built);
const NODE_OPTIONS =
  `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings=ExperimentalWarning`.trim();
process.exit(node([join(root, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)], { NODE_OPTIONS }));
