import { Body, Controller, Inject, Param, Post, applyDecorators } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ProblemCode } from '#contracts';
import { ChangedGame, NoBody, PauseBody, ScheduleBody, scheduleBodyAt } from '#contracts/api';
import type { Clock } from '#kernel';
import { GameStore } from '#persistence';
import { ApiEndpoint, CLOCK, CurrentPrincipal, type Principal, Roles } from '#runtime';
import type { z } from 'zod';
import { actorOf } from '../actor.js';
import { FreezeService } from '../freeze-service.js';
import type { ChangedGame as ChangedGameEntity } from '../game-changes.js';
import { GameService } from '../game-service.js';
import { assertScope } from './access.js';
import { gameBody } from './game-body.js';
import { parseBody } from './parse.js';

type Answer = Promise<ChangedGame>;

/** `POST games/:id/<step>`: facilitators only; answers with the game and from when on the step holds. */
function Step(
  step: string,
  {
    problems = [],
    ...doc
  }: { summary: string; description: string; body?: z.ZodType; problems?: ProblemCode[] },
): MethodDecorator {
  return applyDecorators(
    Post(`games/:id/${step}`),
    Roles('facilitator'),
    ApiEndpoint({
      ...doc,
      params: { id: 'Id of the game' },
      answer: ChangedGame,
      problems: ['bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'wrong_state', ...problems],
    }),
  );
}

@ApiTags('games')
@Controller('api/v1')
export class LifeCycleController {
  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(FreezeService) private readonly freezes: FreezeService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Step('schedule', {
    summary: 'Schedule the start',
    description:
      '`startsAt` is rounded up to a whole second, far enough ahead (a moment) for every service to have received it, and lies in the ' +
      'future. May be repeated until the game is about to begin.',
    body: ScheduleBody,
  })
  schedule(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    const { startsAt } = parseBody(scheduleBodyAt(this.clock.nowMs()), body);
    return this.answer(principal, id, () => this.games.schedule(id, startsAt, actorOf(principal)));
  }

  @Step('start', {
    summary: 'Start the game now',
    description: 'It begins in a moment, at a whole second (`startsAt`). Repeatable until it has begun.',
  })
  start(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.games.start(id, actorOf(principal)));
  }

  @Step('pause', {
    summary: 'Pause the game',
    description:
      'From a window boundary a moment ahead (`pausedAt`) nothing scores, until the game is resumed.',
    body: PauseBody,
    problems: ['game_over'],
  })
  pause(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    const { reason } = parseBody(PauseBody, body) ?? { reason: 'paused by the facilitator' };
    return this.answer(principal, id, () => this.games.pause(id, reason, actorOf(principal)));
  }

  @Step('resume', {
    summary: 'Resume a paused game',
    description:
      'From a window boundary a moment ahead. The end of the game moves by the length of the pause.',
    problems: ['game_over'],
  })
  resume(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.games.resume(id, actorOf(principal)));
  }

  @Step('freeze', {
    summary: 'Freeze the public board',
    description:
      'From a window boundary a moment ahead (`frozenAt`) the public sees no score change, until the game is thawed or ' +
      'revealed. Scoring goes on. Repeatable.',
    problems: ['game_over'],
  })
  freeze(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.freezes.freeze(id, actorOf(principal)));
  }

  @Step('thaw', {
    summary: 'Take a freeze back',
    description: 'At once. A game that is sealed is revealed instead.',
  })
  thaw(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.freezes.thaw(id, actorOf(principal)));
  }

  @Step('end', {
    summary: 'End the game',
    description:
      'At a window boundary a moment ahead, or at its planned end if that comes first. Repeatable.',
    problems: ['game_over'],
  })
  end(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.games.end(id, actorOf(principal)));
  }

  @Step('seal', {
    summary: 'Close the ledger now',
    description:
      'A game that has ended seals itself once all its results are scored; this skips the wait. ' +
      'Results that arrive later don’t count. Repeatable.',
  })
  seal(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.games.seal(id, actorOf(principal)));
  }

  @Step('reveal', {
    summary: 'Reveal the final standings',
    description:
      'The ceremony of a frozen game, once it is sealed: at once the public sees everything. Repeatable.',
  })
  reveal(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(NoBody, body);
    return this.answer(principal, id, () => this.freezes.reveal(id, actorOf(principal)));
  }

  private async answer(principal: Principal, gameId: string, step: () => Promise<ChangedGameEntity>): Answer {
    assertScope(principal, gameId);
    const game = await step();
    return { ...(await gameBody(game, this.store, this.clock.nowMs())), effectiveAt: game.effectiveAt };
  }
}
