import { createHash } from 'node:crypto';
import { proofsIn } from '#contracts';

/** Whose proofs a text holds, as one team looks at it. */
export type Reading =
  | { kind: 'ours' }
  /** Another team's, and not ours. */
  | { kind: 'theirs'; teamId: string }
  | { kind: 'none' };

interface Owner {
  teamId: string;
  /** Epoch ms from which on it proves nothing any more; Infinity for the proof in force. */
  untilAt: number;
}

/** The proofs of all teams of a game, as hashes: events hold no more. */
export class ProofRegistry {
  private readonly owners = new Map<string, Owner>();
  private readonly current = new Map<string, string>();
  private currentVersion = 0;

  /** Goes up with every change: what was read before has to be read again. */
  get version(): number {
    return this.currentVersion;
  }

  /** False in games in which this team has no proof: it can't prove anything. */
  knows(teamId: string): boolean {
    return this.current.has(teamId);
  }

  /**
   * From now on this is the team's proof.
   * @param sha256 hexadecimal
   * @param formerUntilAt epoch ms until which the one before holds as well
   */
  set(teamId: string, sha256: string, formerUntilAt = 0): void {
    const former = this.current.get(teamId);
    if (former === sha256) return;
    if (former !== undefined) this.owners.set(former, { teamId, untilAt: formerUntilAt });
    this.owners.set(sha256, { teamId, untilAt: Infinity });
    this.current.set(teamId, sha256);
    this.currentVersion++;
  }

  /** @returns what the text proves to `teamId`, and until when that is so: epoch ms, or Infinity */
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
