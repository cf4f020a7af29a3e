import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '#kernel';
import { AllowedRange } from '#runtime';

/** What `npm start` was asked for. */
export interface Options {
  /** Path of the scenario file. */
  scenario: string;
  /** Number of bot teams; ignored where a teams file names the teams. */
  teams: number;
  teamsFile: string | null;
  /** Path of a chaos targets file: how drivers reach teams that are no bots. */
  chaosTargets: string | null;
  /** Ranges that customers may call besides public addresses and the bots; null: as the resumed game had it, else none. */
  allow: string[] | null;
  host: string;
  port: number;
  dataDir: string;
  resume: boolean;
  /** How many times faster than written the scenario's timeline runs. */
  speed: number;
  exitAtEnd: boolean;
  logLevel: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
const EXAMPLES = `
Examples:
  npm start                                              a ten-minute game with eight bot teams
  npm start -- --scenario scenarios/quick.yaml           a game of one minute
  npm start -- --teams 42 --port 8080
  npm start -- --teams-file teams.yaml --allow 10.0.0.0/8   real teams, on addresses of your own network
  npm start -- --resume                                  go on with the game that was interrupted

Exit codes: 0 the game ended or was stopped, 1 it could not run, 2 wrong usage or a bad file.`;

/**
 * Parses the command line (without node and script).
 * @throws CommanderError with exit code 0 after `--help`, 2 for wrong usage; its message is one clear line
 */
export function parseOptions(argv: readonly string[], cwd: string): Options {
  const command = new Command('npm start --')
    .description('Plays a whole GameDay on this machine.')
    .option('--scenario <file>', 'the scenario file', 'scenarios/demo.yaml')
    .option('--teams <n>', 'number of bot teams, 1 to 200', integer('--teams', 1, 200), 8)
    .option('--teams-file <file>', 'real teams with their endpoints, instead of bots')
    .option('--chaos-targets <file>', 'how faults reach real teams (docs/faults.md)')
    .addOption(
      new Option(
        '--allow <cidr>',
        'what customers may call besides public addresses; several by commas or flags (docs/security.md)',
      )
        .env('PAYDAY_ALLOW')
        .argParser(ranges),
    )
    .option('--host <address>', 'address to listen on', address, '127.0.0.1')
    .option('--port <n>', 'port of the page and the API, 1 to 65535', integer('--port', 1, 65535), 3000)
    .option('--data <dir>', 'where the game is kept', folder, '.payday')
    .option('--resume', 'go on with the game in the data folder that did not end', false)
    .option(
      '--speed <n>',
      'plays the timeline this many times faster, 0.1 to 100',
      decimal('--speed', 0.1, 100),
      1,
    )
    .option(
      '--exit-at-end',
      'exit when the final standings are out, instead of staying up to show them',
      false,
    )
    .option('--log-level <level>', `one of ${LOG_LEVELS.join(', ')}`, level, 'warn')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) throw usageError(error.message);
    throw error;
  }
  const given = command.opts<{
    scenario: string;
    teams: number;
    teamsFile?: string;
    chaosTargets?: string;
    allow?: string[];
    host: string;
    port: number;
    data: string;
    resume: boolean;
    speed: number;
    exitAtEnd: boolean;
    logLevel: string;
  }>();
  const fromUser = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (given.resume) {
    // The interrupted game has its scenario, teams and speed already: a second word on them would be ignored.
    const fixed = { scenario: '--scenario', teams: '--teams', teamsFile: '--teams-file', speed: '--speed' };
    for (const [name, flag] of Object.entries(fixed)) {
      if (fromUser(name))
        throw usageError(`${flag} does not go with --resume: the game keeps what it began with`);
    }
  }
  if (given.teamsFile !== undefined && fromUser('teams')) {
    throw usageError('--teams does not go with --teams-file: the file names the teams');
  }
  return {
    scenario: resolve(cwd, given.scenario),
    teams: given.teams,
    teamsFile: given.teamsFile === undefined ? null : resolve(cwd, given.teamsFile),
    chaosTargets: given.chaosTargets === undefined ? null : resolve(cwd, given.chaosTargets),
    allow: given.allow ?? null,
    host: given.host,
    port: given.port,
    dataDir: resolve(cwd, given.data),
    resume: given.resume,
    speed: given.speed,
    exitAtEnd: given.exitAtEnd,
    logLevel: given.logLevel,
  };
}

/** An error that ends the program with exit code 2 and this one line. */
export function usageError(message: string): CommanderError {
  const line = message.replace(/^error: /, '').replace(/\n[\s\S]*$/, '');
  return new CommanderError(2, 'payday.usage', `${line} (see npm start -- --help)`);
}

function integer(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`${flag} takes a whole number from ${low} to ${high}.`);
  };
}

function decimal(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`${flag} takes a number from ${low} to ${high}.`);
  };
}

function ranges(text: string, before: string[] = []): string[] {
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts.filter((each) => each !== '')) {
    try {
      AllowedRange.parse(part);
    } catch (error) {
      throw new InvalidArgumentError(`--allow: ${messageOf(error)}.`);
    }
    before = [...before, part];
  }
  return before;
}

function address(text: string): string {
  // It would mean every address.
  if (text.trim() === '') throw new InvalidArgumentError('--host takes an address.');
  return text;
}

function folder(text: string): string {
  // It would mean the current folder.
  if (text.trim() === '') throw new InvalidArgumentError('--data takes the path of a folder.');
  return text;
}

function level(text: string): string {
  if (LOG_LEVELS.includes(text)) return text;
  throw new InvalidArgumentError(`--log-level takes one of ${LOG_LEVELS.join(', ')}.`);
}
