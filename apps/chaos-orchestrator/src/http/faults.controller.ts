import { Controller, Get, Inject, Query } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { PaydayError } from '#kernel';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { GameRegistry } from '../games/game-registry.js';
import { ChaosAmountView, ChaosReportView, FaultList } from './fault-views.js';

@ApiTags('faults')
@ApiExtraModels(ChaosAmountView)
@Controller('api/v1/faults')
export class FaultsController {
  constructor(
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
    @Inject(GameRegistry) private readonly games: GameRegistry,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List current and recent faults' })
  @ApiOkResponse({ type: FaultList })
  list(): FaultList {
    return { faults: this.supervisor.list().map(({ detail: _, ...view }) => view) };
  }

  @Get('report')
  @ApiOperation({
    summary: 'Report the expected cost of faults to each team of a game, and whether it was fair',
  })
  @ApiQuery({ name: 'game', required: false, description: 'Default: the newest game' })
  @ApiOkResponse({ type: ChaosReportView })
  @ApiNotFoundResponse({ description: '`unknown_game`' })
  report(@Query('game') game?: string): ChaosReportView {
    const gameId = game ?? this.games.newestId;
    if (gameId === null) throw new PaydayError('unknown_game', 'There is no game yet.');
    return { gameId, ...this.supervisor.report(gameId) };
  }
}
