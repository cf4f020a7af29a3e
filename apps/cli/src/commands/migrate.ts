import type { Command } from 'commander';
import { assertMigrated, openDatabase } from '#persistence';
import { databaseSection } from '#runtime';
import { addConfigured } from '../configured-command.js';
import { writeLine, type Terminal } from '../terminal.js';

export function addMigrate(program: Command, terminal: Terminal): void {
  addConfigured(program, 'migrate', terminal, {
    summary:
      'Brings the schema of the database up to date. Repeating it is harmless; of several at once one works.',
    sections: { database: databaseSection },
    run: async ({ database }) => {
      const { SERVICE_MIGRATIONS } = await import('../../../all-in-one/src/index.js');
      const dataSource = await openDatabase(database.url, { migrate: true, migrations: SERVICE_MIGRATIONS });
      try {
        await assertMigrated(dataSource);
        await writeLine(
          terminal.stdout,
          `the schema is up to date (${dataSource.migrations.length} migrations)`,
        );
      } finally {
        await dataSource.destroy();
      }
    },
  });
}
