import type { Command } from 'commander';
import { assertMigrated, openDatabase } from '#persistence';
import { databaseSection } from '#runtime';
import { configured } from '../configured-command.js';
import { writeLine, type Terminal } from '../terminal.js';

export function addMigrate(command: Command, terminal: Terminal): void {
  configured(command, terminal, async () => {
    return {
      sections: { database: databaseSection },
      run: async ({ database }) => {
        const dataSource = await openDatabase(database.url, { migrate: true });
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
