import { CommanderError, type Command } from 'commander';
import { suggest } from '#kernel';
import { runService, type Service } from '#runtime';
import { SERVICE_SECTIONS } from '../configured-command.js';
import { writeLine, type Terminal } from '../terminal.js';

/** Each loads its app on demand: a scorer does not need the pages. */
const SERVICES: Record<string, () => Promise<Service>> = {
  control: async () => asService((await import('../../../control/src/index.js')).controlService),
  prober: async () => asService((await import('../../../prober/src/index.js')).proberService),
  ingest: async () => asService((await import('../../../ingest/src/index.js')).ingestService),
  scorer: async () => asService((await import('../../../scorer/src/index.js')).scorerService),
  broadcaster: async () => asService((await import('../../../broadcaster/src/index.js')).broadcasterService),
  'chaos-orchestrator': async () =>
    asService((await import('../../../chaos-orchestrator/src/index.js')).chaosService),
};

export function addRun(command: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  command
    .usage('<service> [options]')
    .argument('[service]')
    .argument('[settings...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (name: string | undefined, flags: string[]) => {
      const load = name === undefined ? undefined : SERVICES[name];
      if (load !== undefined)
        return finish(await runService(await load(), { flags, foreignSections: SERVICE_SECTIONS }));
      const names = Object.keys(SERVICES);
      if (name === '--help' || name === '-h') {
        await writeLine(
          terminal.stdout,
          `Usage: payday run <service> [options]\n\nServices: ${names.join(', ')}. Each has --help.`,
        );
        return;
      }
      const meant = name === undefined ? undefined : suggest(name, names);
      const what =
        name === undefined
          ? 'name a service'
          : `there is no service "${name}"${meant ? `; did you mean ${meant}?` : ''}`;
      terminal.stderr.write(`payday run: ${what} (${names.join(', ')})\n`);
      throw new CommanderError(2, 'payday.usage', what);
    });
}

/** Every service starts with the configuration from its own sections; callers need not know which those are. */
function asService(service: unknown): Service {
  return service as Service;
}
