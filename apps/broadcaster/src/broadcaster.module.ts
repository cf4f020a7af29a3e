import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import type { Clock, Timers } from '#kernel';
import { committedScores, type DataSource, frozenStandings } from '#persistence';
import { CLOCK, DATA_SOURCE, LOGGER, systemTimers, type Logger } from '#runtime';
import { BroadcasterMetrics } from './broadcaster-metrics.js';
import { LeaderboardGateway } from './delivery/leaderboard.gateway.js';
import { StandingsController } from './delivery/standings.controller.js';
import { StreamController } from './delivery/stream.controller.js';
import { FrameHub } from './frames/frame-hub.js';
import { GameEventsController } from './game-events.controller.js';
import { PublicView } from './public-view/public-view.js';
import { FreezeWatch, type FrozenStandings } from './freeze-watch.js';
import { ScoreFeed, type CommittedScores } from './score-feed.js';
import { COMMITTED_SCORES, FROZEN_STANDINGS, TIMERS } from './tokens.js';

/**
 * Publishes the public view. Needs `RuntimeModule` with a data source, and game events from `EventLogTransport`,
 * whose `onCaughtUp` must call `ScoreFeed.gameEventsCaughtUp`.
 */
@Module({
  controllers: [GameEventsController, StandingsController, StreamController],
  providers: [
    LeaderboardGateway,
    FreezeWatch,
    ScoreFeed,
    PublicView,
    BroadcasterMetrics,
    { provide: TIMERS, useValue: systemTimers },
    {
      provide: COMMITTED_SCORES,
      useFactory:
        (dataSource: DataSource): CommittedScores =>
        (gameId) =>
          committedScores(dataSource, gameId),
      inject: [DATA_SOURCE],
    },
    {
      provide: FROZEN_STANDINGS,
      useFactory:
        (dataSource: DataSource): FrozenStandings =>
        (freeze, nowMs) =>
          frozenStandings(dataSource, freeze, nowMs),
      inject: [DATA_SOURCE],
    },
    {
      provide: FrameHub,
      useFactory: makeHub,
      inject: [PublicView, CLOCK, TIMERS, LOGGER, BroadcasterMetrics],
    },
  ],
  exports: [ScoreFeed],
})
export class BroadcasterModule {}

function makeHub(
  source: PublicView,
  clock: Clock,
  timers: Timers,
  logger: Logger,
  metrics: BroadcasterMetrics,
): FrameHub {
  const hub = new FrameHub({ source, clock, timers, epoch: randomBytes(9).toString('base64url') }, logger);
  hub.subscribe((frame) => metrics.frameMade(frame, clock.nowMs()));
  return hub;
}
