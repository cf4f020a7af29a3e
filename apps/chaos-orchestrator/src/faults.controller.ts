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
import type { ChaosAmount, ChaosReport, SpikeAmount, TeamChaos } from '#faults';
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
  @ApiProperty({
    required: false,
    description:
      'What it is expected to cost a team that serves well, in cents, ≥ 0; absent in games from before faults had a price',
    example: 15_819,
  })
  expectedCostCents?: number;
  @ApiProperty({
    required: false,
    description:
      'What a traffic spike is expected to bring such a team, in cents; absent for every other kind',
    example: 9_972,
  })
  expectedGainCents?: number;
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
  @ApiProperty({
    description: 'What they were expected to cost, together, in cents, ≥ 0; repairing one changes nothing',
    example: 47_120,
  })
  dealtCents!: number;
}

export class SpikeAmountView implements SpikeAmount {
  @ApiProperty({ description: 'Traffic spikes that came', example: 1 })
  count!: number;
  @ApiProperty({ description: 'What they were meant to last, together, in ms', example: 360_000 })
  dealtMs!: number;
  @ApiProperty({ description: 'What they were expected to bring, together, in cents', example: 9_972 })
  gainCents!: number;
}

export class TeamChaosView extends ChaosAmountView implements TeamChaos {
  @ApiProperty({ example: 'fenrir-works' })
  teamId!: string;
  @ApiProperty({ description: 'Whether it is ranked and has something deployed: fairness is owed to it' })
  inPlay!: boolean;
  @ApiProperty({
    description:
      'What it counts as having been dealt before it came: the median of the others by then, in cents; 0 for who came before the first fault',
    example: 0,
  })
  creditCents!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ChaosAmountView) },
    description: 'By kind of fault, without traffic spikes',
  })
  byKind!: Record<string, ChaosAmountView>;
  @ApiProperty({ type: SpikeAmountView, description: 'Traffic spikes: they are paid for, and are no harm' })
  spikes!: SpikeAmountView;
}

export class ChaosReportView implements ChaosReport {
  @ApiProperty({ example: 'unicorn-rentals-7f3a' })
  gameId!: string;
  @ApiProperty({ type: [TeamChaosView], description: 'Every team, in the order in which they joined' })
  teams!: TeamChaosView[];
  @ApiProperty({ description: 'What all teams together were dealt, in cents', example: 376_960 })
  dealtCents!: number;
  @ApiProperty({
    type: ChaosAmountView,
    description: 'Most minus least of any team in play; money with what a team was credited',
  })
  spread!: ChaosAmountView;
  @ApiProperty({
    description:
      'The median of what the faults that struck were expected to cost, in cents: a spread of dealtCents up to it is fair',
    example: 15_819,
  })
  typicalCents!: number;
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
  @ApiOperation({ summary: 'What faults were expected to cost each team of a game, in money: was it fair?' })
  @ApiQuery({ name: 'game', required: false, description: 'Default: the newest game' })
  @ApiOkResponse({ type: ChaosReportView })
  @ApiNotFoundResponse({ description: '`unknown_game`' })
  report(@Query('game') game?: string): ChaosReportView {
    const gameId = game ?? this.orchestrator.newestGameId;
    if (gameId === null) throw new PaydayError('unknown_game', 'There is no game yet.');
    return { gameId, ...this.orchestrator.report(gameId) };
  }
}
