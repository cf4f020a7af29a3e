import { GameFolder } from './game-process.js';

/** A folder for each test of the surrounding `describe`; processes left in it are ended. */
export function useGameFolder(): () => GameFolder {
  let folder: GameFolder;
  beforeEach(() => {
    folder = new GameFolder();
  });
  afterEach(() => folder.remove(), 15_000);
  return () => folder;
}
