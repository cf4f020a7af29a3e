import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { GameEvent } from '#contracts';
import { OnGameEvent } from '#runtime';
import { ScoreFeed } from './score-feed.js';

@Controller()
export class GameEventsController {
  constructor(@Inject(ScoreFeed) private readonly feed: ScoreFeed) {}

  @OnGameEvent()
  onGameEvent(@Payload() event: GameEvent): void {
    this.feed.onGameEvent(event);
  }
}
