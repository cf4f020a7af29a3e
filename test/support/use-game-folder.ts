import { GameFolder } from './game-process.js';

/** A folder for each test of the surrounding `describe`; whatever still runs in it afterwards is ended. */
export function useGameFolder(): () => GameFolder {
  let folder: GameFolder;
  beforeEach(() => {
    folder = new GameFolder();
  });
  afterEach(() => folder.remove(), 15_000);
  return () => folder;
}
