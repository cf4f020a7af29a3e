import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { FaultAgent, FaultTarget } from '#faults';
import { PaydayError, messageOf } from '#kernel';
import { parseChaosTargets, placesOfTeam, secretsOf, type ChaosTargets, type KnownInGame } from '#scenario';
import type { FaultTargets } from './fault-targets.js';

/** The targets of a chaos targets file, which people write. Read once. */
export class ChaosTargetsFile implements FaultTargets {
  private readonly probers: readonly FaultAgent[];

  private constructor(
    private readonly targets: ChaosTargets,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.probers = targets.probers.map(({ url, tokenEnv }) => ({ agentUrl: url, token: env[tokenEnv]! }));
  }

  /**
   * @throws PaydayError `unreadable_file`; `invalid_chaos_targets` with every mistake in the file, or with every named
   * environment variable that is not set
   */
  static read(
    path: string,
    env: Readonly<Record<string, string | undefined>>,
    known: KnownInGame = {},
  ): ChaosTargetsFile {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new PaydayError('unreadable_file', `cannot read the chaos targets ${path}: ${messageOf(cause)}`, {
        cause,
      });
    }
    const targets = parseChaosTargets(text, basename(path), known);
    const missing = secretsOf(targets).filter((name) => (env[name] ?? '') === '');
    if (missing.length > 0)
      throw new PaydayError(
        'invalid_chaos_targets',
        `${basename(path)} names environment variables that are not set: ${missing.join(', ')}`,
      );
    return new ChaosTargetsFile(targets, env);
  }

  /** Names of the environment variables with its secrets. */
  get secretNames(): readonly string[] {
    return secretsOf(this.targets);
  }

  targetOf(_gameId: string, teamId: string): FaultTarget {
    return {
      teamId,
      ...placesOfTeam(this.targets, teamId),
      ...(this.probers.length === 0 ? {} : { probers: this.probers }),
    };
  }
}
