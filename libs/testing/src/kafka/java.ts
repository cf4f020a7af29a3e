import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brokerSettings, propertiesFile, type BrokerPlan } from './properties.js';

const run = promisify(execFile);
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const POM = join(ROOT, 'infra/kafka/pom.xml');
const MIN_JAVA = 17;

/** What is missing to start Kafka with Java here; undefined if nothing is. */
export async function javaLacks(): Promise<string | undefined> {
  const java = await run('java', ['-version']).catch(() => undefined);
  const version = Number(/version "(\d+)/.exec(java?.stderr ?? '')?.[1]);
  if (!(version >= MIN_JAVA))
    return java ? `Java is version ${version}, it needs ${MIN_JAVA}` : 'there is no java';
  if (existsSync(await jarsFolder())) return undefined;
  return (await run('mvn', ['-version']).catch(() => undefined)) ? undefined : 'there is no mvn (Maven)';
}

async function jarsFolder(): Promise<string> {
  const version = /<kafka.version>([^<]+)</.exec(await readFile(POM, 'utf8'))![1]!;
  return join(ROOT, '.cache/kafka', version);
}

/** Has Maven copy the broker and its dependencies, once per version. @returns the folder of the jars. */
async function fetchedJars(onProgress: (progress: string) => void): Promise<string> {
  const folder = await jarsFolder();
  if (existsSync(folder)) return folder;
  onProgress('fetching Kafka by Maven (about 45 MB, once) …');
  await mkdir(dirname(folder), { recursive: true });
  // Fetch into a sibling folder and rename it: other processes may be fetching too, and none may see a partial folder.
  const half = await mkdtemp(`${folder}.`);
  try {
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${half}`];
    await run('mvn', ['-q', '-B', '-f', POM, ...goal], { maxBuffer: 16 * 1024 * 1024 });
    await rename(half, folder).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    const { stdout = '', message } = error as Error & { stdout?: string };
    throw new Error(`Maven could not fetch Kafka: ${stdout.slice(0, 2000) || message}`, { cause: error });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  return folder;
}

/** A broker in its own Java process, which dies with this one. */
export class JavaBroker {
  private process: ChildProcess | undefined;
  private guard: ChildProcess | undefined;
  private output = '';

  private constructor(
    private readonly jars: string,
    private readonly folder: string,
    private readonly heapMb: number,
  ) {}

  /** @param folder for its configuration; `plan.dataDir` may hold the data of an earlier run. */
  static async prepare(
    plan: BrokerPlan,
    folder: string,
    heapMb: number,
    onProgress: (progress: string) => void,
  ): Promise<JavaBroker> {
    const broker = new JavaBroker(await fetchedJars(onProgress), folder, heapMb);
    await mkdir(plan.dataDir, { recursive: true });
    await writeFile(broker.config, propertiesFile(brokerSettings(plan)));
    if (!existsSync(join(plan.dataDir, 'meta.properties'))) {
      const id = randomBytes(16).toString('base64url').replace(/^-/, 'A');
      await run('java', broker.javaArgs('kafka.tools.StorageTool', 'format', '-t', id, '-c', broker.config));
    }
    return broker;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Its output so far; it prints only errors. */
  get said(): string {
    return this.output;
  }

  get hasEnded(): boolean {
    return this.process === undefined || this.process.exitCode !== null || this.process.signalCode !== null;
  }

  start(): void {
    const child = spawn('java', this.javaArgs('kafka.Kafka', this.config), {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.folder,
    });
    this.process = child;
    child.on('error', (error) => (this.output += String(error)));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-20_000)));
    // Its standard input closes when this process ends, however it ends, so the broker never outlives it.
    const script = 'read -r _; kill -9 "$1" 2>/dev/null';
    this.guard = spawn('sh', ['-c', script, 'sh', String(child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  }

  /** Sends a signal and waits for the process to end. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.process;
    if (child && !this.hasEnded)
      await new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.kill(signal);
      });
    this.guard?.kill('SIGKILL');
  }

  private get config(): string {
    return join(this.folder, 'server.properties');
  }

  private javaArgs(main: string, ...args: string[]): string[] {
    const heap = [`-Xmx${this.heapMb}m`, '-XX:+UseSerialGC', '-Djava.awt.headless=true'];
    return [...heap, '-cp', join(this.jars, '*'), main, ...args];
  }
}
