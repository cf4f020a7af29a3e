import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { FaultTarget } from '#faults';

/** Tells the chaos orchestrator, which is another process, how teams can be broken. Holds secrets: for the owner only. */
export class TargetsFile {
  constructor(readonly path: string) {}

  /** Replaces the file in one step, so that a reader sees the old or the new one. */
  write(targets: readonly (FaultTarget & { gameId?: string })[]): void {
    const unfinished = `${this.path}.new`;
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, JSON.stringify({ targets }), { mode: 0o600 });
    renameSync(unfinished, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
