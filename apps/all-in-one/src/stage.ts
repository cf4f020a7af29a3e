import type { FaultTarget } from '#faults';
import type { Logger } from '#runtime';
import type { ChaosTargetsFile } from '../../chaos-orchestrator/src/index.js';
import type { DataFolder } from './data-folder.js';
import type { Engines } from './engines.js';
import type { Fleet } from './fleet.js';
import type { LaunchOptions } from './launch-options.js';
import type { Progress } from './progress.js';

/** What the services of a game need, whichever way they are spread over processes. */
export interface StageParts {
  options: LaunchOptions;
  logger: Logger;
  progress: Progress;
  folder: DataFolder;
  engines: Engines;
  /** Where the page and the API are served. */
  url: string;
  chaosTargets: ChaosTargetsFile | null;
  /** How sandboxes and prober take faults on a team now; null: they are not up. */
  targetOf(teamId: string): FaultTarget | null;
  /** To be called whenever a process of the fleet is up. */
  onProcessUp(): void;
}

/** Milliseconds. */
export interface StageTiming {
  /** From having everything ready to the first request: every service has to receive the schedule. */
  startDelayMs: number;
  /** How long sandboxes may take to be ready. */
  sandboxesMs: number;
  /** How long the prober may take to follow the schedule; Infinity: as long as it takes. */
  proberMs: number;
  /** How long a child process may take to end after SIGTERM. */
  graceMs: number;
}

/** The services of one game: in this process, or as a fleet of processes. `GameDirector` calls the methods in this order. */
export interface Stage {
  readonly timing: StageTiming;
  /** Whether an interrupted game can go on from its data folder. */
  readonly canResume: boolean;
  /** Boots the services so that they answer reads. @returns the processes, which the prober joins */
  boot(parts: StageParts): Promise<Fleet>;
  /** Turns the time since a resumed game was last alive into a pause. */
  recoverGame(gameId: string): Promise<void>;
  /** Lets events, results and commands in. */
  open(): Promise<void>;
  /** Ends the pause that `recoverGame` began, once `customers` resolves. */
  goOn(gameId: string, customers: () => Promise<void>): Promise<void>;
  /** From now on games are ended and sealed when their time is over. */
  runGames(): void;
  /** `targetOf` has changed for these teams. */
  publishTargets(gameId: string, teamIds: readonly string[]): void;
  /** Origins that the prober must not call. */
  deniedOrigins(): string[];
  /** What a user should know beside the addresses, a line each. */
  describe(): string[];
  /** The game's clock stops: what is not probed from here on must not count as played. */
  stopGames(): Promise<void>;
  close(): Promise<void>;
}
