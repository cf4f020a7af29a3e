import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Blocks all appends to an LMDB log, in every process, between `hold` and `release`, without touching the processes:
 * they wait for the lock as for a busy disk. This opens the gap between a scorer's database commit and its publishing.
 */
export class LogLock {
  private readonly child: ChildProcess;
  private readonly answers: Interface;

  constructor(folder: string) {
    const holder = fileURLToPath(new URL('./log-lock-holder.mjs', import.meta.url));
    this.child = spawn(process.execPath, [holder, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout! });
  }

  async acquire(): Promise<void> {
    await this.ask();
  }

  async release(): Promise<void> {
    await this.ask();
  }

  async close(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.stdin!.end();
    await gone;
    this.answers.close();
  }

  private async ask(): Promise<void> {
    const answer = once(this.answers, 'line');
    this.child.stdin!.write('.');
    await answer;
  }
}
