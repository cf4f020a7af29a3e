// Go programs for the benchmarks, built once into .cache.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** A published program. @returns {string} its path @throws if Go is missing or the module is not available */
export function goTool(module, version) {
  const name = module
    .split('/')
    .filter((part) => !/^v\d+$/.test(part))
    .at(-1);
  return built(`${name}-${version}`, name, (scratch) =>
    go(['install', `${module}@${version}`], { GOBIN: scratch }, scratch),
  );
}

/** A single-file program without modules. @returns {string} its path @throws if Go is missing or compilation fails */
export function goProgram(name, source) {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  return built(`${name}-${hash}`, name, (scratch) =>
    go(['build', '-o', join(scratch, name), source], {}, dirname(source)),
  );
}

function built(folder, name, build) {
  const path = join(cache, folder, name);
  if (existsSync(path)) return path;
  // Built under a temporary name, then renamed, because another process may be building or running it.
  const scratch = join(cache, folder, `build-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  try {
    build(scratch);
    renameSync(join(scratch, readdirSync(scratch)[0]), path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return path;
}

function go(args, env, cwd) {
  try {
    execFileSync('go', args, {
      cwd,
      env: { ...process.env, CGO_ENABLED: '0', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 900_000,
    });
  } catch (error) {
    const said = String(error.stderr ?? '')
      .trim()
      .split('\n')
      .at(-1);
    const why = error.code === 'ENOENT' ? 'there is no go; install golang' : `go ${args[0]}: ${said}`;
    throw new Error(why, { cause: error });
  }
}
