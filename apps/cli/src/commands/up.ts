import type { Command } from 'commander';
import { addConfigured } from '../configured-command.js';
import type { Terminal } from '../terminal.js';

const SUMMARY =
  'Plays a game in the distributed shape on this machine: every service a process of its own, on Kafka and PostgreSQL if ' +
  'they are given. Topics and schema are made; all of it is behind one address.';

export function addUp(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  addConfigured(program, 'up', SUMMARY, terminal, async () => {
    const { UP_SECTIONS, up } = await import('../../../all-in-one/src/index.js');
    return { sections: UP_SECTIONS, run: async (config) => finish(await up(config)) };
  });
}
