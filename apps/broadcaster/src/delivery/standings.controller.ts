import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { StandingsView } from '#contracts/api';
import { PaydayError } from '#kernel';
import { ApiEndpoint } from '#runtime';
import { FrameHub } from '../frames/frame-hub.js';

@ApiTags('standings')
@Controller('api/v1/standings')
export class StandingsController {
  constructor(@Inject(FrameHub) private readonly hub: FrameHub) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiEndpoint({
    summary: 'The current public view: the game, its teams in order, their services, and the ticker',
    description:
      'The latest complete frame. 503 while there is no game yet, or its scores are still being read.',
    answer: StandingsView,
    problems: ['unavailable'],
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
