import type { Command } from 'commander';
import { assertMigrated, openDatabase } from '#persistence';
import { databaseSection } from '#runtime';
import { addConfigured } from '../configured-command.js';
import { writeLine, type Terminal } from '../terminal.js';

const SUMMARY =
  'Brings the schema of the database up to date. Repeating it is harmless; of several at once one works.';

export function addMigrate(program: Command, terminal: Terminal): void {
  addConfigured(program, 'migrate', SUMMARY, terminal, async () => {
    const { SERVICE_MIGRATIONS } = await import('../../../all-in-one/src/index.js');
    return {
      sections: { database: databaseSection },
      run: async ({ database }) => {
        const options = { migrate: true, migrations: SERVICE_MIGRATIONS };
        const dataSource = await openDatabase(database.url, options);
        try {
          await assertMigrated(dataSource);
          const count = dataSource.migrations.length;
          await writeLine(terminal.stdout, `the schema is up to date (${count} migrations)`);
        } finally {
          await dataSource.destroy();
        }
      },
    };
  });
}
