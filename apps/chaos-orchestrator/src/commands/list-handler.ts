import { Inject, Injectable } from '@nestjs/common';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { Timelines } from '../timeline/timelines.js';
import type { ChaosList, ListFilter } from './types.js';

/** Lists faults and timelines. */
@Injectable()
export class ListHandler {
  constructor(
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
    @Inject(Timelines) private readonly timelines: Timelines,
  ) {}

  list({ gameId, teamId, unfinished = false }: ListFilter): ChaosList {
    const { supervisor } = this;
    const faults = [...supervisor.openFaults(), ...(unfinished ? [] : supervisor.recentFaults())]
      .filter((each) => (gameId ?? each.gameId) === each.gameId)
      .filter(({ info }) => (teamId ?? info.teamId) === info.teamId)
      .map(({ info }) => info);
    return { faults, timelines: this.timelines.open(gameId).map((timeline) => timeline.describe()) };
  }
}
