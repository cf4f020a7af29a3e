import type { Command } from 'commander';
import { configured } from '../configured-command.js';
import type { Terminal } from '../terminal.js';

export function addUp(command: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  configured(command, terminal, async () => {
    const { UP_SECTIONS, up } = await import('../../../all-in-one/src/index.js');
    return { sections: UP_SECTIONS, run: async (config) => finish(await up(config)) };
  });
}
