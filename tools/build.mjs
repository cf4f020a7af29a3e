// Builds everything into dist/: the services with SWC through the Nest CLI, the pages with Vite.
//   node tools/build.mjs             always
//   node tools/build.mjs --if-stale  only if a source is newer than the last build (what `npm start` does)
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist/.built');
const SOURCES = [
  'apps',
  'libs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  '.swcrc',
  'nest-cli.json',
];

/** Latest modification among a file or everything below a folder, epoch ms. */
function newest(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), info.mtimeMs);
}

function builtAt() {
  try {
    return statSync(stamp).mtimeMs;
  } catch {
    return 0;
  }
}

/** Runs a program of node_modules; its output is shown only if it fails. */
function run(name, script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name} failed:\n${output}`))));
  });
}

if (process.argv.includes('--if-stale')) {
  // Installed without the development dependencies: there is nothing to build with, and dist/ was shipped.
  if (!existsSync(join(root, 'node_modules/@nestjs/cli'))) process.exit(0);
  const latest = Math.max(...SOURCES.map((source) => newest(join(root, source))));
  if (latest < builtAt()) process.exit(0);
}
const startedAt = performance.now();
try {
  process.stderr.write('building … ');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  mkdirSync(join(root, 'dist'));
  // Stamped with the time when the sources were read, so that an edit during the build counts as newer.
  const at = new Date();
  await Promise.all([
    run('the build of the services', '@nestjs/cli/bin/nest.js', ['build']),
    run('the build of the pages', 'vite/bin/vite.js', ['build', 'apps/web', '--logLevel', 'warn']),
  ]);
  const command = join(root, 'dist/apps/cli/src/main.js');
  if (existsSync(command)) chmodSync(command, 0o755);
  writeFileSync(stamp, `${at.toISOString()}\n`);
  process.stderr.write(`done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
} catch (error) {
  process.stderr.write(`\n${error.message}\n`);
  process.exit(1);
}
