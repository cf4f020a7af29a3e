import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FaultInfo, FaultState } from '#contracts';
import type { ChaosAmount, ChaosReport, TeamChaos } from '#faults';
import { PaydayError } from '#kernel';
import { Orchestrator } from './orchestrator.js';

const STATES: readonly FaultState[] = ['firing', 'active', 'reverting', 'reverted', 'stuck'];

/** What everybody may know of a fault. Why it is in its state may tell of a team's inside, and is not public. */
export class FaultView implements Omit<FaultInfo, 'detail'> {
  @ApiProperty({ description: '<injection id>/<team id>', example: 'bad-deploy/fenrir-works' })
  id!: string;
  @ApiProperty({ description: 'Groups the faults of one timeline entry or command', example: 'bad-deploy' })
  injectionId!: string;
  @ApiProperty({ example: 'wrong-answer' })
  kind!: string;
  @ApiProperty({ example: 'fenrir-works' })
  teamId!: string;
  @ApiProperty({ example: 'catalog' })
  serviceId!: string;
  @ApiProperty({ example: 'Someone shipped a bad version of catalog' })
  label!: string;
  @ApiProperty({ enum: STATES })
  state!: FaultState;
  @ApiProperty({ description: 'When it began to fire, epoch ms' })
  startedAt!: number;
  @ApiProperty({ description: 'When it ends at the latest, epoch ms' })
  expiresAt!: number;
  @ApiProperty({
    enum: ['count', 'pause'],
    required: false,
    description: 'pause: the windows that it strikes do not score for the team. Default: count',
  })
  scoring?: FaultInfo['scoring'];
}

export class FaultList {
  @ApiProperty({
    type: [FaultView],
    description: 'Faults that may act, then up to 200 that are over; newest first',
  })
  faults!: FaultView[];
}

export class ChaosAmountView implements ChaosAmount {
  @ApiProperty({ description: 'Faults that struck: seen to act, or possibly acting now', example: 3 })
  count!: number;
  @ApiProperty({ description: 'What they were meant to last, together, in ms', example: 120_000 })
  dealtMs!: number;
  @ApiProperty({
    description: 'What they really lasted: a team that repairs one shortens it',
    example: 87_000,
  })
  actedMs!: number;
}

export class TeamChaosView extends ChaosAmountView implements TeamChaos {
  @ApiProperty({ example: 'fenrir-works' })
  teamId!: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ChaosAmountView) },
    description: 'By kind of fault',
  })
  byKind!: Record<string, ChaosAmountView>;
}

export class ChaosReportView implements ChaosReport {
  @ApiProperty({ example: 'unicorn-rentals-7f3a' })
  gameId!: string;
  @ApiProperty({ type: [TeamChaosView], description: 'Every team, in the order in which they joined' })
  teams!: TeamChaosView[];
  @ApiProperty({ type: ChaosAmountView, description: 'Most minus least of any team' })
  spread!: ChaosAmountView;
}

@ApiTags('faults')
@ApiExtraModels(ChaosAmountView)
@Controller('api/v1/faults')
export class FaultsController {
  constructor(@Inject(Orchestrator) private readonly orchestrator: Orchestrator) {}

  @Get()
  @ApiOperation({ summary: 'The faults that act now, and those that did lately' })
  @ApiOkResponse({ type: FaultList })
  list(): FaultList {
    return { faults: this.orchestrator.list().map(({ detail: _, ...view }) => view) };
  }

  @Get('report')
  @ApiOperation({ summary: 'How much chaos each team of a game had: was it fair?' })
  @ApiQuery({ name: 'game', required: false, description: 'Default: the newest game' })
  @ApiOkResponse({ type: ChaosReportView })
  @ApiNotFoundResponse({ description: '`unknown_game`' })
  report(@Query('game') game?: string): ChaosReportView {
    const gameId = game ?? this.orchestrator.newestGameId;
    if (gameId === null) throw new PaydayError('unknown_game', 'There is no game yet.');
    return { gameId, ...this.orchestrator.report(gameId) };
  }
}
