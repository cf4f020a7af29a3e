import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FaultInfo, FaultState } from '#contracts';
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
}

export class FaultList {
  @ApiProperty({
    type: [FaultView],
    description: 'Faults that may act, then up to 200 that are over; newest first',
  })
  faults!: FaultView[];
}

@ApiTags('faults')
@Controller('api/v1/faults')
export class FaultsController {
  constructor(@Inject(Orchestrator) private readonly orchestrator: Orchestrator) {}

  @Get()
  @ApiOperation({ summary: 'The faults that act now, and those that did lately' })
  @ApiOkResponse({ type: FaultList })
  list(): FaultList {
    return { faults: this.orchestrator.list().map(({ detail: _, ...view }) => view) };
  }
}
