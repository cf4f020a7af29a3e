import type { Command } from 'commander';
import { configHelp, readConfig, wantsHelp, type ConfigOf, type Sections } from '#runtime';
import { writeLine, type Terminal } from './terminal.js';

export interface ConfiguredCommand<S extends Sections> {
  sections: S;
  run(config: ConfigOf<S>): Promise<void>;
}

/**
 * A command that is configured as services are: by flags, environment and file, with every mistake told at once.
 * @param load asked only when the command is used, so that heavy ones cost the others nothing
 */
export function addConfigured<S extends Sections>(
  parent: Command,
  name: string,
  summary: string,
  terminal: Terminal,
  load: () => Promise<ConfiguredCommand<S>> | ConfiguredCommand<S>,
): void {
  const path = [parent.name(), name].filter((part) => part !== 'payday').join(' ');
  parent
    .command(name)
    .usage('[options]')
    .description(summary)
    .argument('[settings...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (flags: string[]) => {
      const { sections, run } = await load();
      if (wantsHelp(sections, flags)) {
        const help = configHelp(`payday ${path} [options]`, summary, sections);
        return writeLine(terminal.stdout, help.trimEnd());
      }
      await run(readConfig(sections, { flags, env: process.env, foreignSections: SERVICE_SECTIONS }));
    });
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
