import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { withDefault, yesOrNo, type Key } from '#runtime';
import {
  HTTP_KEYS,
  launchConflicts,
  launchKeys,
  launchOptionsFrom,
  type LaunchOptions,
  type LaunchValues,
} from './launch-options.js';

const KEYS = {
  ...launchKeys('.payday'),
  ...HTTP_KEYS,
  resume: withDefault(yesOrNo(), 'false', {
    flag: 'resume',
    env: '',
    help: 'Goes on with the game in the data folder that did not end.',
  }),
};
/** One process needs one partition: more would only mean more commits. */
const PARTITIONS = 1;
const EXAMPLES = `
Examples:
  npm start                                              a ten-minute game with eight bot teams
  npm start -- --scenario scenarios/quick.yaml           a game of one minute
  npm start -- --teams 42 --port 8080
  npm start -- --teams-file teams.yaml --allow 10.0.0.0/8   real teams, on addresses of your own network
  npm start -- --resume                                  go on with the game that was interrupted

Exit codes: 0 the game ended or was stopped, 1 it could not run, 2 wrong usage or a bad file.`;

/**
 * Parses the command line of `npm start` (without node and script).
 * @throws CommanderError with exit code 0 after `--help`, 2 for wrong usage; its message is one clear line
 */
export function parseOptions(argv: readonly string[], cwd: string): LaunchOptions {
  const command = new Command('npm start --')
    .description('Plays a whole GameDay on this machine.')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const [name, key] of Object.entries<Key<unknown>>(KEYS)) command.addOption(optionOf(name, key));
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) throw usageError(error.message);
    throw error;
  }
  const given = Object.fromEntries(
    Object.entries(KEYS).map(([name, { flag }]) => [name, command.getOptionValue(camelCase(flag!))]),
  ) as LaunchValues & { host: string; port: number; resume: boolean };
  const conflicts = launchConflicts(given);
  if (given.resume) {
    // The interrupted game has these already: another value would be ignored.
    for (const flag of ['scenario', 'teams', 'teams-file', 'speed'])
      if (command.getOptionValueSource(camelCase(flag)) === 'cli')
        conflicts.unshift(`--${flag} does not go with --resume: the game keeps what it began with`);
  }
  if (conflicts.length > 0) throw usageError(conflicts[0]!);
  const { host, port, resume } = given;
  const engines = { log: {}, databaseUrl: process.env['DATABASE_URL'], partitions: PARTITIONS };
  return { ...launchOptionsFrom(given, { host, port }, engines, cwd), resume };
}

function optionOf(name: string, key: Key<unknown>): Option {
  const { flag, placeholder, help, fallback } = key;
  const value = placeholder === null ? '' : ` <${placeholder.toLowerCase()}>`;
  const option = new Option(`--${flag!}${value}`, help);
  if (placeholder !== null) option.argParser(parserOf(key));
  if (fallback !== undefined) option.default(key.schema.parse(fallback), fallback === '' ? 'none' : fallback);
  // Of the environment npm start takes the addresses alone, which belong to the machine rather than to a game.
  return name === 'allow' ? option.env(key.env) : option;
}

function parserOf({ flag, schema, allowed, isList }: Key<unknown>) {
  return (text: string, before: unknown): unknown => {
    const read = schema.safeParse(text);
    if (read.success)
      return isList ? [...((before as unknown[] | undefined) ?? []), ...(read.data as unknown[])] : read.data;
    const own = read.error.issues.find(({ code }) => code === 'custom')?.message;
    throw new InvalidArgumentError(
      own === undefined ? `--${flag!} takes ${allowed}.` : `--${flag!}: ${own}.`,
    );
  };
}

function camelCase(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** An error that ends the program with exit code 2 and this one line. */
function usageError(message: string): CommanderError {
  const line = message.replace(/^error: /, '').replace(/\n[\s\S]*$/, '');
  return new CommanderError(2, 'payday.usage', `${line} (see npm start -- --help)`);
}
