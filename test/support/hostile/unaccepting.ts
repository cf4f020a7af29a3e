import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Listening } from './row.js';

/** Listens with the shortest backlog there is, prints its port, and is then stopped by its parent: no connection is accepted. */
const LISTENER = `
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;
/** More than the kernel queues for a backlog of 1. */
const FILLERS = 8;

/** A port where no further connection succeeds: the accept queue is full. */
export async function unaccepting(): Promise<Listening> {
  const child = spawn(process.execPath, ['-e', LISTENER], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', (said: Buffer) => resolve(Number(String(said))));
  });
  child.kill('SIGSTOP');
  const fillers = Array.from({ length: FILLERS }, () =>
    connect(port, '127.0.0.1').on('error', () => undefined),
  );
  await new Promise((resolve) => fillers[0]!.once('connect', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
    },
  };
}
