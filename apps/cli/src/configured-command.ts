import type { Command } from 'commander';
import { configHelp, readConfig, wantsHelp, type ConfigOf, type Sections } from '#runtime';
import { writeLine, type Terminal } from './terminal.js';

export interface ConfiguredCommand<S extends Sections> {
  sections: S;
  run(config: ConfigOf<S>): Promise<void>;
}

/**
 * Makes a command one that is configured as services are: by flags, environment and file, with every mistake told at once.
 * @param load asked only when the command is used, so that heavy ones cost the others nothing
 */
export function configured<S extends Sections>(
  command: Command,
  terminal: Terminal,
  load: () => Promise<ConfiguredCommand<S>> | ConfiguredCommand<S>,
): void {
  command
    .usage('[options]')
    .argument('[settings...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (flags: string[]) => {
      const { sections, run } = await load();
      if (wantsHelp(sections, flags)) {
        const help = configHelp(`${pathOf(command)} [options]`, command.description(), sections);
        return writeLine(terminal.stdout, help.trimEnd());
      }
      await run(readConfig(sections, { flags, env: process.env, foreignSections: SERVICE_SECTIONS }));
    });
}

/** How it is called: `payday topics create`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** What may stand in a file that services and commands share. */
export const SERVICE_SECTIONS = [
  'log',
  'database',
  'http',
  'process',
  'control',
  'prober',
  'agent',
  'chaos',
  'topics',
  'up',
];
