import { DriverRegistry, createDrivers } from '#faults';
import { servicePostgres } from '#persistence';
import {
  databaseSection,
  defineService,
  httpSection,
  integer,
  logSection,
  processSection,
  section,
  withDefault,
} from '#runtime';
import { ControlModule } from './control.module.js';
import { GameLoop } from './game-loop.js';

export const controlService = defineService({
  name: 'control',
  summary:
    'Games, teams, endpoints, the life cycle and the ledger over REST. Publishes events from the outbox.\n' +
    'Several copies may run: only one outbox relay works at a time, and every change is made once.',
  sections: {
    log: logSection,
    database: databaseSection,
    control: section({
      leadMs: withDefault(integer(100, 60_000), '2000', {
        flag: 'lead-ms',
        env: 'PAYDAY_LEAD_MS',
        help: 'How far ahead a change of the life cycle lies at least, so that every service hears of it in time.',
      }),
    }),
    http: httpSection(3001),
    process: processSection(1000),
  },
  database: servicePostgres({ tokens: true }),
  module: ({ control: { leadMs } }) =>
    ControlModule.register({ leadMs, faultRules: new DriverRegistry(createDrivers()).rules }),
  serves: ['api'],
  begin: (app) => app.get(GameLoop).start(),
});
