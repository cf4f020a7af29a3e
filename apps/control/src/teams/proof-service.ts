import { Inject, Injectable } from '@nestjs/common';
import { PROOF_HEADER, PROOF_PATH, type ChangedProof, type TeamProof } from '#contracts';
import { type Clock, isId } from '#kernel';
import { type AuditActor, type EntityManager, type GameEntity, GameStore } from '#persistence';
import { CLOCK } from '#runtime';
import { proofPolicy } from '#scenario';
import { GameChanges, refuseSealed, unknownTeam } from '../game-changes.js';
import { FORMER_PROOF_MS, newProof, proofSha256 } from './proof.js';

/** The proofs by which services show which team owns them. */
@Injectable()
export class ProofService {
  constructor(
    @Inject(GameChanges) private readonly changes: GameChanges,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws PaydayError `unknown_team` */
  async find(game: GameEntity, teamId: string): Promise<TeamProof> {
    const proof = await this.proof(game.id, teamId);
    if (proof === undefined) throw unknownTeam(teamId);
    return shown(game, teamId, proof);
  }

  /**
   * Gives the team another proof; the former one stays valid for ten more minutes.
   * @throws PaydayError `unknown_game`, `unknown_team`, `game_over`
   */
  async rotate(gameId: string, teamId: string, actor: AuditActor): Promise<ChangedProof> {
    const proof = newProof();
    const formerUntilAt = this.clock.nowMs() + FORMER_PROOF_MS;
    const game = await this.changes.change(gameId, actor, async (current, manager) => {
      refuseSealed(current);
      if ((await this.proof(gameId, teamId, manager)) === undefined) throw unknownTeam(teamId);
      await this.store.setProof(manager, gameId, teamId, proof);
      const data = { teamId, proofSha256: proofSha256(proof), formerUntilAt };
      return {
        action: 'team.proof-changed',
        subject: { team: teamId },
        details: { formerUntilAt },
        events: [{ type: 'dev.payday.team.proof-changed', data }],
      };
    });
    return { ...shown(game, teamId, proof), formerUntilAt };
  }

  private proof(gameId: string, teamId: string, manager?: EntityManager): Promise<string | null | undefined> {
    // PostgreSQL refuses some texts that are not ids, such as those with a NUL.
    return isId(teamId) ? this.store.proof(gameId, teamId, manager) : Promise.resolve(undefined);
  }
}

function shown(game: GameEntity, teamId: string, proof: string | null): TeamProof {
  return { teamId, proof, policy: proofPolicy(game.scenario), header: PROOF_HEADER, path: PROOF_PATH };
}
