import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { GameView } from '#contracts';
import { PaydayError } from '#kernel';

const LAUNCHER = fileURLToPath(new URL('../../../all-in-one/src/main.js', import.meta.url));
const POLL_MS = 500;
const MAX_KEPT_CHARACTERS = 4_000;

export interface PlayOptions {
  scenarioFile: string;
  speed: number;
  teams: number;
  dataDir: string;
  /** Called about twice a second with the state of the game. */
  onGame(game: GameView, acting: number): void;
  /** Called for each step of the launcher. */
  onStep(line: string): void;
  signal: AbortSignal;
}

/**
 * Plays a game from launch to final standings, in a process of its own, as `npm start` does.
 * @throws PaydayError `rehearsal_failed` if it could not be played to its end, `interrupted` if `signal` aborted
 */
export async function play(options: PlayOptions): Promise<void> {
  const port = await freePort();
  const args = ['--scenario', options.scenarioFile, '--speed', String(options.speed)];
  args.push('--teams', String(options.teams), '--data', options.dataDir, '--port', String(port));
  args.push('--exit-at-end', '--log-level', 'error');
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: withoutInstallation(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (/^ *\d+\.\d s {2}/.test(line)) options.onStep(line.trim());
  });
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (said = (said + text).slice(-MAX_KEPT_CHARACTERS)));
  const stop = (): void => void child.kill('SIGINT');
  options.signal.addEventListener('abort', stop);
  const watching = setInterval(() => void reportStandings(port, options), POLL_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    if (options.signal.aborted) throw new PaydayError('interrupted', 'the rehearsal was interrupted');
    if (code !== 0)
      throw new PaydayError(
        'rehearsal_failed',
        `the game could not be played to its end (exit code ${String(code)}): ${said.trim() || 'it said nothing'}`,
      );
  } finally {
    clearInterval(watching);
    options.signal.removeEventListener('abort', stop);
  }
}

/** A rehearsal must not touch an installation that the environment points to. */
function withoutInstallation(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => name !== 'DATABASE_URL' && !name.startsWith('PAYDAY_'));
  return Object.fromEntries(kept);
}

async function reportStandings(port: number, { onGame }: PlayOptions): Promise<void> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/standings`, {
      signal: AbortSignal.timeout(POLL_MS),
    });
    if (!response.ok) return;
    const { game, faults = [] } = (await response.json()) as { game: GameView; faults?: unknown[] };
    onGame(game, faults.length);
  } catch {
    // It is booting or about to end: there is nothing to show.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
