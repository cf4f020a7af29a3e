import { Controller, Get, Inject, Module, Query, type DynamicModule } from '@nestjs/common';
import type { SalaryHistory } from '#contracts';
import { RuntimeModule, type RuntimeParts } from '#runtime';
import { BroadcasterModule } from '../../../broadcaster/src/index.js';
import { ScoreHistory } from './score-history.js';

const DEFAULT_POINTS = 300;
const MAX_POINTS = 2000;

@Controller('api/v1')
class ReplayHistoryController {
  constructor(@Inject(ScoreHistory) private readonly history: ScoreHistory) {}

  @Get('history')
  read(@Query('points') points?: string): SalaryHistory {
    const wanted = Math.trunc(Number(points ?? DEFAULT_POINTS));
    return this.history.read(Math.min(MAX_POINTS, Math.max(1, wanted || DEFAULT_POINTS)));
  }
}

/** The broadcaster on a log to which a recorded game is being written. */
@Module({})
export class ReplayModule {
  static register(parts: Omit<RuntimeParts, 'dataSource'>, history: ScoreHistory): DynamicModule {
    // The broadcaster starts with the scores in a database; a replay has no commits yet.
    const dataSource = { query: async () => [] };
    return {
      module: ReplayModule,
      imports: [RuntimeModule.register({ ...parts, dataSource }), BroadcasterModule],
      controllers: [ReplayHistoryController],
      providers: [{ provide: ScoreHistory, useValue: history }],
    };
  }
}
