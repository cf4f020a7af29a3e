import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { FaultTarget } from '#faults';

/** Gives the chaos orchestrator, another process, the targets of faults by team. It contains secrets: only the owner may read it. */
export class TargetsFile {
  constructor(readonly path: string) {}

  /** Replaces the file atomically, so that a reader sees the old or the new one. */
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
