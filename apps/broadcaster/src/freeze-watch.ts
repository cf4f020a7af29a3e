import { Inject, Injectable } from '@nestjs/common';
import { PaydayError, type Clock, type Timers } from '#kernel';
import type { Freeze, FrozenScore } from '#persistence';
import { CLOCK, LOGGER, type Logger } from '#runtime';
import { FrameHub } from './frames/frame-hub.js';
import { PublicView } from './public-view/public-view.js';
import { FROZEN_STANDINGS, TIMERS } from './tokens.js';

/** Loads the standings of a freeze, which are the same for every broadcaster; null until they are settled. */
export type FrozenStandings = (freeze: Freeze, nowMs: number) => Promise<FrozenScore[] | null>;

const POLL_MS = 250;

/** Loads the settled standings into the public view when a freeze begins. */
@Injectable()
export class FreezeWatch {
  private cancel: () => void = () => {};
  private running = false;

  constructor(
    @Inject(FROZEN_STANDINGS) private readonly standings: FrozenStandings,
    @Inject(PublicView) private readonly view: PublicView,
    @Inject(FrameHub) private readonly hub: FrameHub,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = true;
    this.later();
  }

  stop(): void {
    this.running = false;
    this.cancel();
  }

  /**
   * Settles the board now if it is frozen.
   * @throws PaydayError `unavailable` (retryable) while results from before the freeze may still arrive
   */
  async settleIfFrozen(): Promise<void> {
    if (!(await this.checkFreeze())) {
      throw new PaydayError('unavailable', 'the standings of the freeze are being settled', {
        retryable: true,
      });
    }
  }

  /** @returns false if the board needs standings that are not settled yet */
  private async checkFreeze(): Promise<boolean> {
    const freeze = this.view.awaitsStandings(this.clock.nowMs());
    if (freeze === null) return true;
    const scores = await this.standings(freeze, this.clock.nowMs());
    if (scores === null) return false;
    this.view.settle(freeze, scores, this.clock.nowMs());
    this.hub.maker.changed();
    return true;
  }

  private later(): void {
    this.cancel = this.timers.after(POLL_MS, () => {
      this.checkFreeze()
        .catch((err: unknown) => {
          this.logger.warn({ err }, 'the standings of the freeze could not be read; trying again');
        })
        .finally(() => {
          if (this.running) this.later();
        });
    });
  }
}
