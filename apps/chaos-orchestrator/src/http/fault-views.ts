import { ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { FaultInfo, FaultState } from '#contracts';
import type { ChaosAmount, ChaosReport, SpikeAmount, TeamChaos } from '#faults';

const STATES: readonly FaultState[] = ['firing', 'active', 'reverting', 'reverted', 'stuck'];

/** The public view of a fault. Omits the reason for its state, which may reveal internals of a team. */
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
  @ApiProperty({ description: 'When it started to fire, epoch ms' })
  startedAt!: number;
  @ApiProperty({ description: 'Its latest end, epoch ms' })
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
      'Expected cost to a healthy team, in cents, ≥ 0; absent in games from before faults had a price',
    example: 15_819,
  })
  expectedCostCents?: number;
  @ApiProperty({
    required: false,
    description:
      'Expected gain of a healthy team from a traffic spike, in cents; absent for every other kind',
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
  @ApiProperty({ description: 'Faults that struck: confirmed active, or possibly acting now', example: 3 })
  count!: number;
  @ApiProperty({ description: 'Sum of their planned durations, in ms', example: 120_000 })
  dealtMs!: number;
  @ApiProperty({
    description: 'Sum of their actual durations: a repair shortens it',
    example: 87_000,
  })
  actedMs!: number;
  @ApiProperty({
    description: 'Sum of their expected costs, in cents, ≥ 0; a repair does not change it',
    example: 47_120,
  })
  dealtCents!: number;
}

export class SpikeAmountView implements SpikeAmount {
  @ApiProperty({ description: 'Traffic spikes that came', example: 1 })
  count!: number;
  @ApiProperty({ description: 'Sum of their planned durations, in ms', example: 360_000 })
  dealtMs!: number;
  @ApiProperty({ description: 'Sum of their expected gains, in cents', example: 9_972 })
  gainCents!: number;
}

export class TeamChaosView extends ChaosAmountView implements TeamChaos {
  @ApiProperty({ example: 'fenrir-works' })
  teamId!: string;
  @ApiProperty({ description: 'Whether it is ranked and has an endpoint registered: fairness applies to it' })
  inPlay!: boolean;
  @ApiProperty({
    description:
      'Credit of a team that joined late: the median of the others at that time, in cents; 0 for teams that joined before the first fault',
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
  @ApiProperty({ description: 'Sum over all teams, in cents', example: 376_960 })
  dealtCents!: number;
  @ApiProperty({
    type: ChaosAmountView,
    description: 'Maximum minus minimum over the teams in play; money includes the credit',
  })
  spread!: ChaosAmountView;
  @ApiProperty({
    description:
      'Median expected cost of the faults that struck, in cents: a spread of dealtCents up to this value is fair',
    example: 15_819,
  })
  typicalCents!: number;
}
