import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
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
  const child = execaNode(LAUNCHER, args, {
    env: withoutInstallation(process.env),
    extendEnv: false,
    stdin: 'ignore',
    buffer: { stdout: false },
    reject: false,
    cancelSignal: options.signal,
    // The launcher takes a whole game down, which no force should cut short.
    killSignal: 'SIGINT',
    forceKillAfterDelay: false,
  });
  const watching = setInterval(() => void reportStandings(port, options), POLL_MS);
  try {
    for await (const line of child.iterable()) if (/^ *\d+\.\d s {2}/.test(line)) options.onStep(line.trim());
    const { exitCode, stderr } = await child;
    if (options.signal.aborted) throw new PaydayError('interrupted', 'the rehearsal was interrupted');
    const said = stderr.slice(-MAX_KEPT_CHARACTERS);
    if (exitCode !== 0)
      throw new PaydayError(
        'rehearsal_failed',
        `the game could not be played to its end (exit code ${String(exitCode)}): ${said.trim() || 'it said nothing'}`,
      );
  } finally {
    clearInterval(watching);
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
