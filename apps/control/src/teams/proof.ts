import { createHash, randomBytes } from 'node:crypto';
import { PROOF_PATTERN } from '#contracts';
import { PaydayError } from '#kernel';

/** How long the former proof stays valid after a change, because services must be deployed with the new one. */
export const FORMER_PROOF_MS = 10 * 60_000;

/** A new proof of ownership for a team: see docs/adr/0023. */
export function newProof(): string {
  return `pt_${randomBytes(32).toString('base64url')}`;
}

/** The hash of a proof that events carry, hexadecimal. */
export function proofSha256(proof: string): string {
  return createHash('sha256').update(proof).digest('hex');
}

/**
 * A proof for each of these teams: the given one, or a new one.
 * @throws PaydayError `bad_request` if a given one is malformed
 */
export function proofsFor<T extends { id: string }>(
  teams: readonly T[],
  given: ReadonlyMap<string, string> = new Map(),
): (T & { proof: string })[] {
  return teams.map((team) => {
    const proof = given.get(team.id) ?? newProof();
    if (!PROOF_PATTERN.test(proof))
      throw new PaydayError(
        'bad_request',
        `The proof for the team "${team.id}" is none: pt_ and 43 characters.`,
      );
    return { ...team, proof };
  });
}
