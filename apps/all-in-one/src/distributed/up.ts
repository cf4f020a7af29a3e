import { play } from '../play.js';
import { FleetStage } from './fleet-stage.js';
import { upLaunchOptions, type UpConfig } from './up-options.js';

const STOP_WITHIN_MS = 15_000;

/** Plays one game on processes of their own. @returns the exit code */
export async function runUp(config: UpConfig): Promise<number> {
  return play(upLaunchOptions(config, process.cwd()), new FleetStage(config.up), STOP_WITHIN_MS);
}
