import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { StandingsView } from '#contracts';
import { PaydayError } from '#kernel';
import { FrameHub } from '../frames/frame-hub.js';
import { STANDINGS_SCHEMA } from './standings.schema.js';

@ApiTags('standings')
@Controller('api/v1/standings')
export class StandingsController {
  constructor(@Inject(FrameHub) private readonly hub: FrameHub) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'The current public view: the game, its teams in order, their services, and the ticker',
  })
  @ApiResponse({ status: 200, description: 'The latest complete frame', schema: STANDINGS_SCHEMA })
  @ApiResponse({
    status: 503,
    description: 'unavailable: there is no game yet, or its scores are still being read',
  })
  standings(): StandingsView {
    const view = this.hub.maker.snapshot();
    if (view === null) {
      throw new PaydayError('unavailable', 'There is no game yet, or its scores are still being read.', {
        retryable: true,
      });
    }
    return view;
  }
}
