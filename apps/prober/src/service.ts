import { LOGGER, defineService } from '#runtime';
import { PROBER_SECTIONS } from './config.js';
import { linkToLauncher } from './launcher-link.js';
import { ProberNetwork } from './network/prober-network.js';
import { ProberModule } from './prober.module.js';
import { ProbingLoop } from './probing-loop.js';

export const proberService = defineService({
  name: 'prober',
  summary:
    'The customers of one game: sends requests on the seeded schedule, judges the answers, reports them to ingest.',
  sections: PROBER_SECTIONS,
  module: ({ log, prober: config, agent }, { listensAt }) =>
    ProberModule.register({ config, agent, logUrl: log.url, listensAt }),
  begin: (app) => linkToLauncher(app.get(ProbingLoop), app.get(ProberNetwork), app.get(LOGGER)),
  handOver: (app) => app.get(ProbingLoop).stop(),
});
