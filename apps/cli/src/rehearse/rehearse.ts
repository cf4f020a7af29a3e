import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { GameView, Scenario } from '#contracts';
import { PaydayError } from '#kernel';
import { MAX_SPEED, compressScenario } from '#scenario';
import { readScenario } from '../read-scenario.js';
import { openSource } from '../source.js';
import { play } from './play.js';
import { rehearsalFacts } from './rehearsal-facts.js';
import { rehearsalReport, type RehearsalReport } from './rehearsal-report.js';

export interface RehearseOptions {
  scenarioFile: string;
  /** Undefined: the game takes a few minutes, and each fault some seconds. */
  speed: number | undefined;
  /** Number of bot teams. */
  teams: number;
  /** Where to record and leave the recording; undefined: a folder that is removed at the end. */
  keep: string | undefined;
  signal: AbortSignal;
  onGame(game: GameView, acting: number): void;
  onStep(line: string): void;
}

export interface Rehearsal extends RehearsalReport {
  file: string;
  scenarioId: string;
  speed: number;
  teams: number;
  seconds: number;
}

/** The target length of a rehearsal, and how long the shortest fault acts, repair included. */
const PLAY_MS = 240_000;
const SHORTEST_FAULT_MS = 2_500;

/** Plays a scenario with bots in a data folder of its own, and checks what it left. */
export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  const startedAt = performance.now();
  const scenario = readScenario(options.scenarioFile);
  const speed = options.speed ?? usualSpeed(scenario);
  // Checked here, before the launcher starts.
  compressScenario(scenario, speed);
  const folder = await openFolder(options.keep);
  try {
    const { scenarioFile, teams, signal, onGame, onStep } = options;
    const dataDir = join(folder, 'data');
    await play({ scenarioFile: resolve(scenarioFile), speed, teams, dataDir, signal, onGame, onStep });
    onStep('reading and auditing what was recorded');
    const source = await openSource({ data: dataDir });
    const facts = await rehearsalFacts(source).finally(() => source.close());
    return {
      file: scenarioFile,
      scenarioId: scenario.id,
      speed,
      teams,
      seconds: Math.round(performance.now() - startedAt) / 1000,
      ...rehearsalReport(facts),
    };
  } finally {
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** In steps of a tenth. */
export function usualSpeed({ durationMs, timeline }: Pick<Scenario, 'durationMs' | 'timeline'>): number {
  const shortestMs = Math.min(...timeline.map((entry) => (entry.type === 'fault' ? entry.ttlMs : Infinity)));
  const speed = Math.min(durationMs / PLAY_MS, shortestMs / SHORTEST_FAULT_MS, MAX_SPEED);
  return Math.max(1, Math.floor(speed * 10) / 10);
}

/** @throws PaydayError `invalid_option` if the folder to keep is not empty */
async function openFolder(keep: string | undefined): Promise<string> {
  if (keep === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'payday-rehearsal-'));
    // PostgreSQL does not run as root: under root, another user needs access.
    await chmod(folder, 0o755);
    return folder;
  }
  const folder = resolve(keep);
  const held = await readdir(folder).catch(() => []);
  if (held.length > 0)
    throw new PaydayError(
      'invalid_option',
      `--keep: ${folder} is not empty; a rehearsal needs a folder of its own`,
    );
  return folder;
}
