import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import type { ChaosConnection, ChaosInjection } from '#client';
import { PaydayError } from '#kernel';
import { systemClock } from '#runtime';
import { duration, param, teams } from '../chaos/arguments.js';
import { withChaos, type ServerOptions } from '../chaos/connection.js';
import {
  describeFaults,
  describeInjected,
  describePreview,
  describeStopped,
  describeTimeline,
} from '../chaos/describe.js';
import { inject } from '../chaos/inject.js';
import { describeReport, fetchReport } from '../chaos/report.js';
import { watch } from '../chaos/watch.js';
import { EXIT } from '../exit-codes.js';
import { writeLine, type Terminal } from '../terminal.js';

interface GameOptions extends ServerOptions {
  game?: string;
}
interface CommandOptions extends GameOptions {
  commandId?: string;
  reason?: string;
}
interface InjectionOptions extends GameOptions {
  kind: string;
  service: string;
  teams: ChaosInjection['teams'];
  ttl: number;
  param: NonNullable<ChaosInjection['params']>;
  label?: string;
  scoring?: ChaosInjection['scoring'];
}
interface InjectOptions extends InjectionOptions {
  commandId?: string;
  confirm?: string;
  wait: boolean;
}
interface ListOptions extends GameOptions {
  team?: string;
  unfinished: boolean;
}

const HELP = `
The token is read from PAYDAY_TOKEN, or from a file: --token-file, else facilitator.token in the data folder of npm start.
Exit codes: 0 done, and confirmed or verified gone; 1 refused, failed, or not verified yet; 2 wrong usage.`;

/** `payday chaos …`: what a facilitator does to a running game, over the socket /chaos. */
export function addChaos(chaos: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  chaos.addHelpText('after', HELP);
  const show = (json: boolean, value: object, text: string): Promise<void> =>
    writeLine(terminal.stdout, json ? JSON.stringify(value) : text);

  injecting(
    onServer(
      chaos,
      'preview',
      'Shows what inject would do, and does nothing: exit code 1 if a limit is in the way.',
    ),
  ).action((options: InjectionOptions) =>
    withChaos(options, async (server) => {
      const preview = await server.call('fault:preview', injectionOf(options));
      await show(options.json, preview, describePreview(preview));
      if (preview.violations.length > 0) finish(EXIT.failed);
    }),
  );

  repeatable(injecting(onServer(chaos, 'inject', 'Injects a fault, and waits until it is confirmed.')))
    .option('--confirm <text>', 'where the preview asks for it: what has to be typed, e.g. "ALL 8 TEAMS"')
    .option('--no-wait', 'do not wait until the faults are confirmed to act')
    .action((options: InjectOptions) =>
      withChaos(options, async (server) => {
        const { confirm, wait, json } = options;
        const order = {
          injection: injectionOf(options),
          commandId: options.commandId ?? null,
          confirm,
          wait,
          json,
        };
        const done = await inject(server, order, terminal).catch(explainConfirmation);
        const { injected, faults, ok } = done;
        await show(json, { ...injected, faults, confirmed: ok && wait }, describeInjected(injected, faults));
        if (!ok) finish(EXIT.failed);
      }),
    );

  const stopped = async (options: CommandOptions, result: ReturnType<typeof stopCall>): Promise<void> => {
    const answer = await result;
    await show(options.json, answer, describeStopped(answer));
    if (answer.unverified.length > 0) finish(EXIT.failed);
  };
  audited(onServer(chaos, 'stop', 'Stops faults early: exit code 1 if one is not verified gone.'))
    .argument('[id]', 'of a fault (injection/team) or of an injection, as list shows it')
    .option('--team <id>', 'every fault on this team')
    .action((id: string | undefined, options: CommandOptions & { team?: string }) => {
      if (id === undefined && options.team === undefined)
        throw new PaydayError(
          'invalid_option',
          'name a fault, an injection or --team; stop-all ends everything',
        );
      return withChaos(options, (server) => stopped(options, stopCall(server, id, options)));
    });

  audited(
    onServer(
      chaos,
      'stop-all',
      'The panic button: ends everything and holds the timelines. Exit code 1 if something is not verified gone.',
    ),
  ).action((options: CommandOptions) =>
    withChaos(options, (server) =>
      stopped(options, server.call('fault:stop-all', { ...idAndGame(options), ...reasonOf(options) })),
    ),
  );

  onServer(chaos, 'list', 'Lists active and recent faults, and the progress of the timelines.')
    .option('--team <id>', 'only faults on this team')
    .option('--unfinished', 'only faults that are not verified gone yet', false)
    .action((options: ListOptions) =>
      withChaos(options, async (server) => {
        const { team, unfinished, json } = options;
        const answer = await server.call('fault:list', {
          ...gameOf(options),
          ...(team === undefined ? {} : { teamId: team }),
          ...(unfinished ? { unfinished } : {}),
        });
        const text = [
          describeFaults(answer.faults, systemClock.nowMs()),
          ...answer.timelines.map(describeTimeline),
        ];
        await show(json, answer, text.join('\n\n'));
      }),
    );

  chaos
    .command('report')
    .description(
      'Shows what faults were expected to cost each team, and how far apart the teams are. Needs no token.',
    )
    .option('--url <origin>', 'the server', 'http://127.0.0.1:3000')
    .option('--game <id>', 'default: the newest game')
    .option('--json', 'for machines', false)
    .action(async ({ url, game, json }: Pick<GameOptions, 'url' | 'game' | 'json'>) => {
      const report = await fetchReport(url, game);
      await show(json, report, describeReport(report));
    });

  onServer(
    chaos,
    'watch',
    'Prints a line for each event, until Ctrl-C; with --json one JSON object per line.',
    false,
  ).action((options: ServerOptions) => withChaos(options, (server) => watch(server, options.json, terminal)));

  for (const [step, what] of [
    ['pause', 'Holds the timeline: no entry of the scenario starts. The game itself continues.'],
    ['resume', 'Lets the timeline go on.'],
  ] as const)
    repeatable(onServer(chaos, step, what)).action((options: CommandOptions) =>
      withChaos(options, async (server) => {
        const answer = await server.call(`scenario:${step}`, idAndGame(options));
        await show(options.json, answer, describeTimeline(answer.timeline));
      }),
    );
  repeatable(onServer(chaos, 'skip', 'Takes one entry out of the timeline.'))
    .argument('<entry>', 'its id, as list shows it')
    .action((entryId: string, options: CommandOptions) =>
      withChaos(options, async (server) => {
        const answer = await server.call('scenario:skip', { ...idAndGame(options), entryId });
        await show(options.json, answer, describeTimeline(answer.timeline));
      }),
    );
}

function onServer(chaos: Command, name: string, description: string, ofGame = true): Command {
  const command = chaos
    .command(name)
    .description(description)
    .option('--url <origin>', 'the server', 'http://127.0.0.1:3000')
    .option('--data <dir>', 'the data folder of npm start, where the token is', '.payday')
    .option('--token-file <file>', 'a file that holds the token, and nothing else')
    .option('--json', 'for machines', false);
  return ofGame
    ? command.option('--game <id>', 'the game; may be left out while exactly one goes on')
    : command;
}

function injecting(command: Command): Command {
  return command
    .requiredOption('--kind <kind>', 'the kind of fault: docs/faults.md')
    .requiredOption('--service <id>', 'what it strikes')
    .requiredOption(
      '--teams <whom>',
      'all, a number of the teams that were dealt least, or ids: fenrir,golem',
      teams,
    )
    .requiredOption('--ttl <duration>', 'when it ends by itself, e.g. 30s', duration)
    .addOption(
      new Option('--param <key=value>', 'of the kind, e.g. delayMs=400; repeat it for more')
        .argParser(param)
        .default({}, 'none'),
    )
    .option('--label <text>', 'shown to the audience; default: the kind and the service')
    .addOption(
      new Option('--scoring <policy>', 'pause: what it strikes does not score').choices(['count', 'pause']),
    );
}

function repeatable(command: Command): Command {
  return command.option(
    '--command-id <id>',
    'a command repeated with the same id is executed once; default: a new id',
  );
}

function audited(command: Command): Command {
  return repeatable(command).option('--reason <text>', 'why, for the audit log');
}

const gameOf = ({ game }: GameOptions): { gameId?: string } => (game === undefined ? {} : { gameId: game });
const idOf = ({ commandId }: { commandId?: string }): string => commandId ?? randomUUID();
const reasonOf = ({ reason }: CommandOptions): { reason?: string } =>
  reason === undefined ? {} : { reason };
const idAndGame = (options: CommandOptions): { commandId: string; gameId?: string } => ({
  commandId: idOf(options),
  ...gameOf(options),
});

function stopCall(
  server: ChaosConnection,
  id: string | undefined,
  options: CommandOptions & { team?: string },
) {
  return server.call('fault:stop', {
    ...idAndGame(options),
    ...reasonOf(options),
    ...(id === undefined ? {} : id.includes('/') ? { faultId: id } : { injectionId: id }),
    ...(options.team === undefined ? {} : { teamId: options.team }),
  });
}

function injectionOf(options: InjectionOptions): ChaosInjection {
  const { kind, service, ttl, label, scoring } = options;
  return {
    ...gameOf(options),
    kind,
    serviceId: service,
    params: options.param,
    teams: options.teams,
    ttlMs: ttl,
    label: label ?? `${kind} on ${service}`,
    ...(scoring === undefined ? {} : { scoring }),
  };
}

/** Prints what to add to the command line where no question can be asked. */
function explainConfirmation(
  error: Error & { code?: string; details?: { confirmation?: { type: string } } },
): never {
  const type = error.details?.confirmation?.type;
  if (error.code !== 'confirmation_required' || type === undefined) throw error;
  throw new PaydayError('confirmation_required', `${error.message} Add --confirm ${JSON.stringify(type)}`);
}
