// npm run bench [-- [--list] [--quick] [--option=value]… name…]
// Runs bench/*/bench.mjs one after the other. One JSON line per figure on stdout, progress on stderr; bench/README.md
// explains the figures. Exit codes: 0 all ran, 1 a bench failed, 2 wrong usage.
import { execFileSync, fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const known = readdirSync(here)
  .filter((name) => existsSync(join(here, name, 'bench.mjs')))
  .sort();

function usageError(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

const flags = process.argv.slice(2).filter((arg) => arg.startsWith('-'));
const names = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
for (const name of names)
  if (!known.includes(name)) usageError(`unknown bench ${name}; the benches are ${known.join(', ')}`);
/** Options of individual benches, as --name=value. */
const given = {};
const plain = ['--list', '--quick'];
for (const flag of flags) {
  const [, option, value] = /^--([a-z]+)=(.*)$/.exec(flag) ?? [];
  if (option !== undefined) given[option] = value;
  else if (!plain.includes(flag))
    usageError(`unknown option ${flag}; use --list, --quick, or an option of a bench as --name=value`);
}

execFileSync(process.execPath, [join(root, 'tools/build.mjs'), '--if-stale'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});

const load = (name) => import(new URL(`./${name}/bench.mjs`, import.meta.url).href);
if (flags.includes('--list')) {
  for (const name of known) {
    const { description, options = {} } = await load(name);
    process.stdout.write(`${name}  ${description}\n`);
    for (const [option, help] of Object.entries(options)) process.stdout.write(`  --${option}=…  ${help}\n`);
  }
  process.exit(0);
}
for (const option of Object.keys(given)) {
  const taken = await Promise.all(
    names.map(async (name) => Object.hasOwn((await load(name)).options ?? {}, option)),
  );
  if (!taken.includes(true))
    usageError(`none of the named benches has an option --${option}; --list shows the options`);
}

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };

/** @returns {Promise<boolean>} whether the bench completed */
function runBench(name) {
  const settings = JSON.stringify({ quick: flags.includes('--quick'), options: given });
  const child = fork(join(here, 'harness/child.mjs'), [name, settings], {
    cwd: root,
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const stop = (signal) => child.kill(signal);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  child.on('message', (figure) => {
    if (figure.skipped) process.stderr.write(`[${name}] SKIPPED ${figure.skipped}\n`);
    process.stdout.write(`${JSON.stringify({ bench: name, ...figure, ...machine })}\n`);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(code === 0);
    });
  });
}

let failed = 0;
for (const name of names.length > 0 ? names : known) if (!(await runBench(name))) failed++;
process.exitCode = failed > 0 ? 1 : 0;
