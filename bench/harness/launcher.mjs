import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A free port (another process may take it at any time). */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the same as `npm start`, with a separate port and data folder. `stop()` ends it and removes the folder. */
export async function launch(args, options = {}) {
  const port = await freePort();
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'payday-bench-'));
  // Started by root, PostgreSQL runs as a different user, which needs access to the folder.
  chmodSync(data, 0o755);
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [join(root, 'dist/apps/all-in-one/src/main.js'), '--port', String(port), '--data', data, ...args],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    data,
    startedAt,
    async stop({ keepData = false } = {}) {
      child.kill('SIGINT');
      await ended;
      if (!keepData) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Polls until the result is not null. @throws after `withinMs` */
export async function until(withinMs, ask, everyMs = 20) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`no result within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
