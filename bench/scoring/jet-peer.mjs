import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { SERVICES } from './workload.mjs';

const MIN_SLOTS = 5;
const home = fileURLToPath(new URL('./jet', import.meta.url));

/** Tuned for throughput: the parallel collector on one thread, a large young generation, a fixed and pre-touched heap. */
const JVM_OPTIONS = [
  '-Xms3g',
  '-Xmx3g',
  '-Xmn1500m',
  '-XX:+UseParallelGC',
  '-XX:ParallelGCThreads=1',
  '-XX:+AlwaysPreTouch',
  '-Dhazelcast.logging.type=none',
  '-Dhazelcast.phone.home.enabled=false',
  '--add-modules=java.se',
  '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-opens=java.base/java.lang=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-opens=java.management/sun.management=ALL-UNNAMED',
  '--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED',
];

/** Hazelcast Jet in a separate JVM that is idle between runs. If it is unavailable, `available` is false and `reason` says why. */
export class JetPeer {
  name = 'Hazelcast Jet';
  version = '';
  reason = '';
  #child;
  #lines;

  static async start(progress) {
    const peer = new JetPeer();
    peer.reason = build(progress);
    if (peer.reason === '') await peer.#launch(progress);
    return peer;
  }

  get available() {
    return this.reason === '';
  }

  async #launch(progress) {
    progress('starting Hazelcast Jet');
    const classPath = [join(home, 'target/classes'), join(home, 'target/lib/*')].join(':');
    const args = [...JVM_OPTIONS, '-cp', classPath, 'dev.payday.bench.JetScoring'];
    const child = spawn('java', args, { stdio: ['pipe', 'pipe', 2] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = await this.#answer();
    if (ready === null) this.reason = 'its JVM ended while it started; its output is above';
    else this.version = ready.version;
  }

  /** The next line as JSON; null at the end of the output. */
  async #answer() {
    const { value, done } = await this.#lines.next();
    return done ? null : JSON.parse(value);
  }

  /** @returns {Promise<number>} slots of event time per run */
  async warmUp(teams, size, targetUs) {
    if (!this.available) return 0;
    let slots = MIN_SLOTS;
    for (let sum = 0; sum < 2 * targetUs;) {
      const { cpuUs } = await this.run(teams, size, slots);
      sum += cpuUs;
      slots = Math.max(MIN_SLOTS, Math.ceil((slots * targetUs) / Math.max(cpuUs, 10_000)));
    }
    return slots;
  }

  /** @returns {Promise<{results: number, cpuUs: number}>} for `slots` slots of event time in a separate job */
  async run(teams, size, slots) {
    this.#child.stdin.write(`${teams} ${size} ${slots}\n`);
    const answer = await this.#answer();
    if (answer === null) throw new Error('the JVM of Hazelcast Jet ended; its output is above');
    const due = teams * SERVICES.length * size * slots;
    if (answer.results !== due) throw new Error(`Hazelcast Jet counted ${answer.results} of ${due} results`);
    return answer;
  }

  async stop() {
    if (!this.#child || this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}

/** @returns {string} why the peer cannot be built; empty after a successful build */
function build(progress) {
  if (spawnSync('java', ['-version']).status !== 0) return 'no java on the path (17 or newer)';
  if (spawnSync('mvn', ['--version']).status !== 0) return 'no mvn on the path';
  progress('building the peer with Maven');
  let output = '';
  for (const extra of [['-o'], []]) {
    const done = spawnSync('mvn', ['-q', '-B', ...extra, 'package'], { cwd: home, encoding: 'utf8' });
    if (done.status === 0) return '';
    output = done.stdout.trim().split('\n')[0] ?? '';
  }
  return `mvn package failed: ${output}`;
}
