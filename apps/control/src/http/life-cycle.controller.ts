import { Body, Controller, HttpCode, Inject, Param, Post, applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { ProblemCode } from '#contracts';
import type { Clock } from '#kernel';
import { GameStore } from '#persistence';
import { CLOCK, CurrentPrincipal, type Principal, Roles } from '#runtime';
import { actorOf } from '../actor.js';
import { FreezeService } from '../freeze-service.js';
import type { ChangedGame } from '../game-changes.js';
import { GameService } from '../game-service.js';
import { assertScope } from './access.js';
import { changedGameBody, type GameBody } from './game-body.js';
import { parseBody } from './parse.js';
import { ApiProblems, CHANGED_GAME } from './responses.js';
import { noBody, pauseBody, scheduleBody } from './schemas.js';

type Answer = Promise<GameBody & { effectiveAt: number | null }>;

/** `POST games/:id/<step>`: facilitators only; answers with the game and from when on the step holds. */
function Step(
  step: string,
  summary: string,
  description: string,
  ...problems: ProblemCode[]
): MethodDecorator {
  return applyDecorators(
    Post(`games/:id/${step}`),
    HttpCode(200),
    Roles('facilitator'),
    ApiOperation({ summary, description }),
    ApiParam({ name: 'id', description: 'Id of the game' }),
    ApiOkResponse({ schema: CHANGED_GAME }),
    ApiProblems('bad_request', 'unauthenticated', 'forbidden', 'unknown_game', 'wrong_state', ...problems),
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

  @Step(
    'schedule',
    'Say when the game begins',
    '`startsAt` is rounded up to a whole second that every service can have received (a moment ahead), and lies in the ' +
      'future. May be repeated until the game is about to begin.',
  )
  @ApiBody({
    schema: {
      type: 'object',
      required: ['startsAt'],
      properties: { startsAt: { type: 'integer', format: 'int64', description: 'Epoch ms' } },
    },
  })
  schedule(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    const { startsAt } = parseBody(scheduleBody(this.clock.nowMs()), body);
    return this.answer(principal, id, () => this.games.schedule(id, startsAt, actorOf(principal)));
  }

  @Step(
    'start',
    'Begin the game now',
    'It begins in a moment, at a whole second (`startsAt`). Repeatable until it has begun.',
  )
  start(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.games.start(id, actorOf(principal)));
  }

  @Step(
    'pause',
    'Pause the game',
    'From a window boundary a moment ahead (`pausedAt`) nothing scores, until the game is resumed.',
    'game_over',
  )
  @ApiBody({
    required: false,
    schema: { type: 'object', properties: { reason: { type: 'string', maxLength: 200 } } },
  })
  pause(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    const { reason } = parseBody(pauseBody, body) ?? { reason: 'paused by the facilitator' };
    return this.answer(principal, id, () => this.games.pause(id, reason, actorOf(principal)));
  }

  @Step(
    'resume',
    'Resume a paused game',
    'From a window boundary a moment ahead. The end of the game moves by the length of the pause.',
    'game_over',
  )
  resume(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.games.resume(id, actorOf(principal)));
  }

  @Step(
    'freeze',
    'Freeze the public board',
    'From a window boundary a moment ahead (`frozenAt`) the public sees no score change, until the game is thawed or ' +
      'revealed. Scoring goes on. Repeatable.',
    'game_over',
  )
  freeze(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.freezes.freeze(id, actorOf(principal)));
  }

  @Step('thaw', 'Take a freeze back', 'At once. A game that is sealed is revealed instead.')
  thaw(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.freezes.thaw(id, actorOf(principal)));
  }

  @Step(
    'end',
    'End the game',
    'At a window boundary a moment ahead, or at its planned end if that comes first. Repeatable.',
    'game_over',
  )
  end(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.games.end(id, actorOf(principal)));
  }

  @Step(
    'seal',
    'Close the ledger now',
    'A game that has ended is sealed by itself once all its results are scored; this is for not waiting any longer. ' +
      'Results that arrive later don’t count. Repeatable.',
  )
  seal(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.games.seal(id, actorOf(principal)));
  }

  @Step(
    'reveal',
    'Reveal the final standings',
    'The ceremony of a frozen game, once it is sealed: at once the public sees everything. Repeatable.',
  )
  reveal(@Param('id') id: string, @Body() body: unknown, @CurrentPrincipal() principal: Principal): Answer {
    parseBody(noBody, body);
    return this.answer(principal, id, () => this.freezes.reveal(id, actorOf(principal)));
  }

  private async answer(principal: Principal, gameId: string, step: () => Promise<ChangedGame>): Answer {
    assertScope(principal, gameId);
    return changedGameBody(await step(), this.store, this.clock.nowMs());
  }
}
