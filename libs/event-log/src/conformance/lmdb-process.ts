import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const CONFORMANCE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(CONFORMANCE, '../../../..');

/** This lib, the kernel and lmdb-child.ts, compiled to JavaScript for plain Node. */
export class TranspiledLog {
  private constructor(readonly folder: string) {}

  static async make(): Promise<TranspiledLog> {
    // Inside the repository, so that npm packages resolve, but in a folder that every tool ignores.
    const cache = join(ROOT, 'node_modules', '.cache');
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, 'event-log-'));
    for (const lib of ['kernel', 'event-log']) await transpile(join('libs', lib, 'src'), folder);
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({
        type: 'module',
        imports: {
          '#kernel': './libs/kernel/src/index.js',
          '#kernel/system': './libs/kernel/src/system/index.js',
        },
      }),
    );
    return new TranspiledLog(folder);
  }

  /** Starts the child in a mode, through the command `wrapper` if given. */
  start(mode: string, folder: string, name = '', wrapper: readonly string[] = []): LogProcess {
    const command = [
      ...wrapper,
      process.execPath,
      join(this.folder, 'libs/event-log/src/conformance/lmdb-child.js'),
      mode,
      folder,
      name,
    ];
    return new LogProcess(spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] }));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** A running child and its output, parsed as lines of JSON. */
export class LogProcess {
  readonly said: unknown[] = [];
  private readonly ended: Promise<unknown>;
  private waiting: (() => void)[] = [];

  constructor(private readonly child: ChildProcess) {
    const lines = createInterface(child.stdout!);
    lines.on('line', (line) => {
      // Ignores a line that the kill truncated.
      if (line.endsWith(']') || line.endsWith('}') || line.endsWith('"')) this.said.push(JSON.parse(line));
      this.waiting.splice(0).forEach((wake) => wake());
    });
    this.ended = Promise.all([once(child, 'exit'), once(lines, 'close')]);
  }

  /** Resolves when it has printed this many lines. @throws if it ends before. */
  async until(lines: number): Promise<void> {
    let over = false;
    void this.ended.then(() => (over = true)).then(() => this.waiting.splice(0).forEach((wake) => wake()));
    while (this.said.length < lines && !over)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.said.length < lines) throw new Error(`the child ended after ${this.said.length} lines`);
  }

  /** Resolves to its exit code when it has exited by itself. */
  async exitCode(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  /** Sends SIGKILL, so it cannot clean up. Resolves when it is gone and its output has been read. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

async function transpile(source: string, target: string): Promise<void> {
  for (const entry of await readdir(join(ROOT, source), { recursive: true })) {
    if (!entry.endsWith('.ts') || entry.endsWith('.spec.ts')) continue;
    const file = join(source, entry);
    const { code } = await transform(await readFile(join(ROOT, file), 'utf8'), {
      filename: file,
      swcrc: false,
      module: { type: 'es6' },
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    });
    const out = join(target, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, code);
  }
}
