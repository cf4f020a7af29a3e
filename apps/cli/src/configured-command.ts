import type { Command } from 'commander';
import { configHelp, readConfig, wantsHelp, type ConfigOf, type Sections } from '#runtime';
import { writeLine, type Terminal } from './terminal.js';

export interface ConfiguredCommand<S extends Sections> {
  sections: S;
  run(config: ConfigOf<S>): Promise<void>;
}

/**
 * Configures a command as services are: by flags, environment and file, reporting every mistake at once.
 * @param load called only when the command is used, so that heavy ones do not slow down the others
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

/** The full name of a command: `payday topics create`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Sections of a file that services and commands share. */
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
