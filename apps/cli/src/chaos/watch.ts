import type { ChaosConnection } from '#client';
import { systemClock } from '#runtime';
import type { Terminal } from '../terminal.js';
import { writeLine } from '../terminal.js';
import { auditLine, clockTime, describeFaults, faultLine, timelineLine } from './describe.js';

/** Prints what happens, one line each, until Ctrl-C, or until the token is no longer valid (then it throws the reason). */
export async function watch(chaos: ChaosConnection, json: boolean, terminal: Terminal): Promise<void> {
  const { stdout, stderr } = terminal;
  const now = (): string => clockTime(systemClock.nowMs());
  const say = (event: string, data: unknown, line: string): void =>
    void writeLine(stdout, json ? JSON.stringify({ event, data }) : `${now()}  ${line}`).catch(stop);
  let stop!: (error?: unknown) => void;
  const stopped = new Promise<void>((resolve, reject) => {
    stop = (error) => {
      // The reader has closed the pipe (`| head`): it has what it wanted.
      if (error === undefined || (error as NodeJS.ErrnoException).code === 'EPIPE') resolve();
      else reject(error as Error);
    };
  });
  const interrupt = (): void => stop();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  stdout.on('error', stop);
  chaos.on('fault:changed', (data) => say('fault:changed', data, faultLine(data.fault)));
  chaos.on('timeline', (data) => say('timeline', data, timelineLine(data.timeline)));
  chaos.on('audit', (data) => say('audit', data, auditLine(data)));
  const unsubscribe = chaos.on('connection', (isConnected) => {
    const line = isConnected
      ? 'connected again; payday chaos list shows what happened meanwhile'
      : 'connection lost; reconnecting';
    void writeLine(stderr, `payday: ${line}`);
  });
  void chaos.over.then(stop);
  try {
    const { faults } = await chaos.call('fault:list', { unfinished: true });
    if (!json)
      await writeLine(stderr, `${describeFaults(faults, systemClock.nowMs())}\nwatching; Ctrl-C ends it`);
    await stopped;
  } finally {
    unsubscribe();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    stdout.off('error', stop);
  }
}
