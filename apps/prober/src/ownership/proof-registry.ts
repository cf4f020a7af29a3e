import { createHash } from 'node:crypto';
import { proofsIn } from '#contracts';

/** Whose proof a text holds, from the point of view of one team. */
export type Reading =
  | { kind: 'ours' }
  /** Another team's proof, and not this team's. */
  | { kind: 'theirs'; teamId: string }
  | { kind: 'none' };

interface Owner {
  teamId: string;
  /** Epoch ms from which it is no longer valid; Infinity for the current proof. */
  untilAt: number;
}

/** The proofs of all teams of a game, as hashes: events carry nothing else. */
export class ProofRegistry {
  private readonly owners = new Map<string, Owner>();
  private readonly current = new Map<string, string>();
  private currentVersion = 0;

  /** Increases with every change: a reading of an older version is stale. */
  get version(): number {
    return this.currentVersion;
  }

  /** False if this team has no proof in this game, so that it can't prove anything. */
  knows(teamId: string): boolean {
    return this.current.has(teamId);
  }

  /**
   * Sets the team's proof.
   * @param sha256 hexadecimal
   * @param formerUntilAt epoch ms until which the previous proof is valid as well
   */
  set(teamId: string, sha256: string, formerUntilAt = 0): void {
    const former = this.current.get(teamId);
    if (former === sha256) return;
    if (former !== undefined) this.owners.set(former, { teamId, untilAt: formerUntilAt });
    this.owners.set(sha256, { teamId, untilAt: Infinity });
    this.current.set(teamId, sha256);
    this.currentVersion++;
  }

  /** @returns what the text proves to `teamId`, and until when: epoch ms, or Infinity */
  read(text: string, teamId: string, nowMs: number): { reading: Reading; untilAt: number } {
    let theirs: Owner | undefined;
    for (const proof of proofsIn(text)) {
      const owner = this.owners.get(createHash('sha256').update(proof).digest('hex'));
      if (owner === undefined || nowMs >= owner.untilAt) continue;
      if (owner.teamId === teamId) return { reading: { kind: 'ours' }, untilAt: owner.untilAt };
      theirs ??= owner;
    }
    return theirs === undefined
      ? { reading: { kind: 'none' }, untilAt: Infinity }
      : { reading: { kind: 'theirs', teamId: theirs.teamId }, untilAt: theirs.untilAt };
  }
}
