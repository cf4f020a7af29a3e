import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/launcher.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @returns {string} why no broker can be started; empty if one can */
export function brokerLacks() {
  if (spawnSync('java', ['-version']).status !== 0) return 'no java on the path (17 or newer)';
  return spawnSync('mvn', ['--version']).status === 0 ? '' : 'no mvn on the path';
}

/** A separate Kafka broker, started like `npm run kafka`. */
export async function startBroker(progress) {
  progress('starting Kafka');
  const data = mkdtempSync(join(tmpdir(), 'payday-bench-kafka-'));
  const port = await freePort();
  const args = ['tools/kafka.mjs', '--port', String(port), '--data', data, '--heap-mb', '1024'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 2] });
  const { value: url, done } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (done) throw new Error('Kafka did not start; its output is above');
  return {
    url,
    bootstrap: `127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(data, { recursive: true, force: true });
    },
  };
}
