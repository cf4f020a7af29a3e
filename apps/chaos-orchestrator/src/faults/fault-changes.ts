import { Inject, Injectable } from '@nestjs/common';
import type { FaultInfo } from '#contracts';
import { FaultHistory } from '#faults';
import type { Clock } from '#kernel';
import { CLOCK, type Logger } from '#runtime';
import { Subject } from 'rxjs';
import { ChangeFeed } from '../games/change-feed.js';
import { CHAOS_LOGGER, ChaosMetrics } from '../telemetry.js';

/** Records every state change of every fault: history, metrics, log and change feed. */
@Injectable()
export class FaultChanges {
  private readonly histories = new Map<string, FaultHistory>();
  private readonly endings = new Subject<string>();
  /** Emits the game's id after each fault that is verified gone. */
  readonly ended = this.endings.asObservable();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CHAOS_LOGGER) private readonly logger: Logger,
    @Inject(ChaosMetrics) private readonly metrics: ChaosMetrics,
    @Inject(ChangeFeed) private readonly feed: ChangeFeed,
  ) {}

  /** Records a state that a fault enters now. */
  record(gameId: string, info: FaultInfo): void {
    this.metrics.countState(info);
    this.observe(gameId, info, this.clock.nowMs());
    const { id, state, detail } = info;
    const level = state === 'stuck' ? 'error' : 'info';
    this.logger[level]({ faultId: id, state, detail }, `fault ${id} is ${state}`);
    this.feed.publish(() => ({ type: 'fault', gameId, info }));
    if (state === 'reverted') this.endings.next(gameId);
  }

  /** Adds a state to the game's history. @param at when the fault entered it, epoch ms */
  observe(gameId: string, info: FaultInfo, at: number): void {
    this.history(gameId).observe(info, at);
  }

  /** The history of every fault of a game. */
  history(gameId: string): FaultHistory {
    let history = this.histories.get(gameId);
    if (history === undefined) this.histories.set(gameId, (history = new FaultHistory()));
    return history;
  }
}
