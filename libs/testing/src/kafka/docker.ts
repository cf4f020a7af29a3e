import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brokerSettings, type BrokerPlan } from './properties.js';

const run = promisify(execFile);
const POM = join(dirname(fileURLToPath(import.meta.url)), '../../../../infra/kafka/pom.xml');
const DATA = '/var/lib/kafka/data';
let containers = 0;

/** Whether a Docker engine answers; the command alone is not enough. */
export async function hasDocker(): Promise<boolean> {
  return run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 5_000 }).then(
    ({ stdout }) => /^\d/.test(stdout),
    () => false,
  );
}

/** The same broker in a container of the Apache project's image, on the host's network. */
export class DockerBroker {
  readonly pid = undefined;
  private constructor(private readonly name: string) {}
  private isRunning = false;

  static async prepare(plan: BrokerPlan, heapMb: number): Promise<DockerBroker> {
    const version = /<kafka.version>([^<]+)</.exec(await readFile(POM, 'utf8'))![1]!;
    const name = `payday-kafka-${process.pid}-${++containers}`;
    const settings = { ...brokerSettings(plan), 'log.dirs': DATA };
    // The image reads setting a.b.c from the variable KAFKA_A_B_C.
    const environment = Object.entries(settings).flatMap(([key, value]) => [
      '--env',
      `KAFKA_${key.toUpperCase().replaceAll('.', '_')}=${value}`,
    ]);
    const volume = ['--volume', `${plan.dataDir}:${DATA}`];
    const heap = ['--env', `KAFKA_HEAP_OPTS=-Xmx${heapMb}m`];
    const image = `apache/kafka:${version}`;
    const options = ['--name', name, '--network', 'host', '--user', String(process.getuid?.() ?? 1000)];
    await run('docker', ['create', ...options, ...volume, ...heap, ...environment, image]);
    return new DockerBroker(name);
  }

  get said(): string {
    return `see: docker logs ${this.name}`;
  }

  get hasEnded(): boolean {
    return !this.isRunning;
  }

  async start(): Promise<void> {
    await run('docker', ['start', this.name]);
    this.isRunning = true;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.isRunning = false;
    if (signal === 'SIGKILL') await run('docker', ['kill', this.name]).catch(() => {});
    else await run('docker', ['stop', '--time', '20', this.name]);
  }

  /** Removes the container; the data folder stays. */
  async remove(): Promise<void> {
    await run('docker', ['rm', '--force', this.name]);
  }
}
