// npm run test:faults [-- [--log lmdb|kafka] [--only TEXT] [--json] [--quick] [--seed TEXT]]
// Kills scorer, ingest and PostgreSQL (and with --log kafka the broker) repeatedly under load, and compares the ledger
// with an oracle and `payday audit`. --only: scenarios with this text in their name. The table (or
// JSON) goes to stdout, progress to stderr. Exit codes: 0 nothing lost or counted twice, 1 otherwise, 2 bad usage.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));
const hooks = join(root, 'tools/typescript-hooks.mjs');

let options;
try {
  options = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      log: { type: 'string', default: 'lmdb' },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  }).values;
  if (!['lmdb', 'kafka'].includes(options.log))
    throw new Error(`--log is "${options.log}"; give lmdb or kafka`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}

if (process.execArgv.includes('--conditions=source')) {
  const { runAll } = await import('../test/faults/scoring/all.ts');
  process.exit(await runAll(options));
}
const run = (args) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
// The killed processes are the built ones.
const built = run([join(root, 'tools/build.mjs'), '--if-stale']).status ?? 1;
if (built !== 0) process.exit(built);
process.exit(run(['--conditions=source', '--import', hooks, self, ...process.argv.slice(2)]).status ?? 1);
