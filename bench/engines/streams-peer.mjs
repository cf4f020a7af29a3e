import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './cpu.mjs';

const home = fileURLToPath(new URL('./streams', import.meta.url));
/** A fixed, pre-touched heap and the throughput collector on one thread. */
const JVM_OPTIONS = [
  '-Xms2g',
  '-Xmx2g',
  '-XX:+AlwaysPreTouch',
  '-XX:+UseParallelGC',
  '-XX:ParallelGCThreads=1',
];
let applications = 0;

/** @returns {string} why the peer cannot be built; empty after a successful build */
export function buildPeer(progress) {
  progress('building the peer with Maven');
  let output = '';
  for (const extra of [['-o'], []]) {
    const done = spawnSync('mvn', ['-q', '-B', ...extra, 'package'], { cwd: home, encoding: 'utf8' });
    if (done.status === 0) return '';
    output = done.stdout.trim().split('\n')[0] ?? '';
  }
  return `mvn package failed: ${output}`;
}

/** Kafka Streams in a separate JVM that reads the topic from the beginning. @param mode default, tuned or combining */
export function startPeer({ bootstrap, input, output, mode }) {
  const classPath = [join(home, 'target/classes'), join(home, 'target/lib/*')].join(':');
  const application = `bench-${process.pid}-${++applications}`;
  const args = ['dev.payday.bench.StreamsScoring', bootstrap, input, output, mode, application];
  const child = spawn('java', [...JVM_OPTIONS, '-cp', classPath, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let latest = 0;
  createInterface({ input: child.stdout }).on('line', (line) => (latest = Number(line)));
  return {
    processed: async () => {
      if (child.exitCode !== null) throw new Error('the JVM of Kafka Streams ended');
      return latest;
    },
    cpu: () => cpuSeconds(child.pid),
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
