import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import type { FaultTarget } from '#faults';
import { PaydayError, messageOf } from '#kernel';
import type { FaultTargets } from './fault-targets.js';

/**
 * Targets from a YAML or JSON file that another process keeps up to date: `targets`, a list of `FaultTarget`s, each with a
 * `gameId` if it applies to one game only. The file may contain secrets, so only its owner should have access; writers must
 * replace it atomically. It is read again after every change.
 */
export class FileTargets implements FaultTargets {
  private targets = new Map<string, FileTarget>();
  private version = '';

  /** @throws PaydayError `invalid_targets_file` if the file cannot be read or is invalid now */
  constructor(
    private readonly path: string,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    this.refresh();
  }

  targetOf(gameId: string, teamId: string): FaultTarget | null {
    try {
      this.refresh();
    } catch (error) {
      // Keep using the previous content.
      this.onTrouble(error);
    }
    const target = this.targets.get(teamId);
    return target === undefined || (target.gameId ?? gameId) !== gameId ? null : target;
  }

  private refresh(): void {
    try {
      const { mtimeMs, ino, size } = statSync(this.path);
      const version = `${mtimeMs} ${ino} ${size}`;
      if (version === this.version) return;
      this.targets = parseTargets(readFileSync(this.path, 'utf8'));
      this.version = version;
    } catch (cause) {
      throw new PaydayError(
        'invalid_targets_file',
        `the file of chaos targets ${this.path} cannot be used: ${messageOf(cause)}`,
        { cause },
      );
    }
  }
}

type FileTarget = FaultTarget & { readonly gameId?: string };

function parseTargets(text: string): Map<string, FileTarget> {
  const content = parse(text) as { targets?: unknown } | null;
  if (!Array.isArray(content?.targets)) throw new Error('it must hold a list named targets');
  const targets = content.targets as Partial<FileTarget>[];
  const nameless = targets.findIndex(({ teamId }) => typeof teamId !== 'string');
  if (nameless >= 0) throw new Error(`entry ${nameless + 1} has no teamId`);
  return new Map(targets.map((target) => [target.teamId!, target as FileTarget]));
}
