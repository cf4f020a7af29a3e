import { CHAOS_ANSWERS as ANSWERS, CHAOS_REQUESTS as REQUESTS } from '#contracts/api';
import { PaydayError } from '#kernel';
import type { z } from 'zod';
import type { ChaosCommands } from '../commands/types.js';
import { GAME_STEPS, type GameStep, type GameSteps } from './game-steps.js';
import type { ChaosSession } from './session.js';

export interface CommandContext {
  commands: ChaosCommands;
  steps: GameSteps;
  session: ChaosSession;
}

/** One event that a facilitator may send: what it is for, its shapes, and what it does. */
export interface SocketCommand {
  summary: string;
  description: string;
  request: z.ZodType;
  answer: z.ZodType;
  run(context: CommandContext, request: unknown): Promise<object>;
}

function command<R extends z.ZodType, A extends z.ZodType>(
  summary: string,
  description: string,
  request: R,
  answer: A,
  run: (context: CommandContext, request: z.output<R>) => Promise<object>,
): SocketCommand {
  return {
    summary,
    description,
    request,
    answer,
    run: (context, given) => run(context, parse(request, given)),
  };
}

/** @throws PaydayError `bad_request` naming each field that is wrong and what is allowed */
function parse<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  const errors = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: key, message: 'is not known here' }))
      : [{ path: issue.path.join('.') || 'payload', message: issue.message }],
  );
  throw new PaydayError('bad_request', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    details: { errors },
  });
}

/** The game that is meant: the one named, else the only one that goes on. @throws PaydayError `bad_request`, `forbidden` */
function gameOf({ commands, session }: CommandContext, named: string | undefined): string {
  const gameId = named ?? session.gameId ?? onlyGame(commands);
  session.assertScope(gameId);
  return gameId;
}

/** The game to which a command is limited: the one named, else the token's; undefined: every game. @throws PaydayError `forbidden` */
function scopeOf({ session }: CommandContext, named: string | undefined): string | undefined {
  if (named !== undefined) session.assertScope(named);
  return named ?? session.gameId;
}

function onlyGame(commands: ChaosCommands): string {
  const games = commands.list({ unfinished: true }).timelines.map((timeline) => timeline.gameId);
  if (games.length === 1) return games[0]!;
  const which = games.length === 0 ? 'no game goes on' : `these go on: ${games.join(', ')}`;
  throw new PaydayError('bad_request', `gameId: name the game; ${which}`);
}

const FAULT_COMMANDS: Record<string, SocketCommand> = {
  'fault:preview': command(
    'Shows what an injection would do',
    'Blast radius, chaos that each team has had, expected cost, limits in the way, and what has to be typed. Changes nothing.',
    REQUESTS.preview,
    ANSWERS.preview,
    async (context, request) =>
      context.commands.preview({ ...request, gameId: gameOf(context, request.gameId) }),
  ),
  'fault:inject': command(
    'Breaks something',
    'Armed at once, confirmed by fault:changed. It ends by itself after ttlMs, and is verified gone.',
    REQUESTS.inject,
    ANSWERS.inject,
    async (context, { commandId, confirm, previewId, gameId, ...request }) =>
      context.commands.inject({
        ...{ commandId, confirm, previewId, actor: context.session.actor },
        request: { ...request, gameId: gameOf(context, gameId) },
      }),
  ),
  'fault:stop': command(
    'Ends faults before their time',
    'Those that fit everything that is named. Answers within two seconds with what was verified gone, and what was not yet.',
    REQUESTS.stop,
    ANSWERS.stop,
    async (context, { commandId, reason, gameId, ...selector }) =>
      context.commands.stop(
        { ...selector, gameId: scopeOf(context, gameId) },
        { commandId, reason, actor: context.session.actor },
      ),
  ),
  'fault:stop-all': command(
    'The panic button',
    'Ends every fault, also those that have not fired, and holds the timelines until they are resumed. Answers within two seconds.',
    REQUESTS.stopAll,
    ANSWERS.stop,
    async (context, { commandId, reason, gameId }) =>
      context.commands.stopAll({
        ...{ commandId, reason, actor: context.session.actor },
        gameId: scopeOf(context, gameId),
      }),
  ),
  'fault:list': command(
    'Lists faults and timelines',
    'Faults that may act, then the latest that are over; and the timelines of games that are not over.',
    REQUESTS.list,
    ANSWERS.list,
    async (context, { gameId, ...filter }) =>
      context.commands.list({ ...filter, gameId: scopeOf(context, gameId) }),
  ),
};

const TIMELINE_COMMANDS: Record<string, SocketCommand> = {
  'scenario:pause': command(
    'Holds the timeline',
    'Nothing of the scenario begins until it is resumed. The game itself goes on.',
    REQUESTS.timeline,
    ANSWERS.timeline,
    async (context, { commandId, gameId }) =>
      context.commands.pauseTimeline({
        ...{ commandId, actor: context.session.actor },
        gameId: gameOf(context, gameId),
      }),
  ),
  'scenario:resume': command(
    'Lets the timeline go on',
    'What fell due meanwhile runs now, unless it is late by more than its time to live.',
    REQUESTS.timeline,
    ANSWERS.timeline,
    async (context, { commandId, gameId }) =>
      context.commands.resumeTimeline({
        ...{ commandId, actor: context.session.actor },
        gameId: gameOf(context, gameId),
      }),
  ),
  'scenario:skip': command(
    'Takes one entry out of the timeline',
    'It will not run.',
    REQUESTS.skip,
    ANSWERS.timeline,
    async (context, { commandId, entryId, gameId }) =>
      context.commands.skipEntry({
        ...{ commandId, entryId, actor: context.session.actor },
        gameId: gameOf(context, gameId),
      }),
  ),
};

const STEP_SUMMARIES: Record<GameStep, string> = {
  start: 'Begins the game',
  pause: 'Pauses the game',
  resume: 'Lets a paused game go on',
  freeze: 'Freezes the public board',
  thaw: 'Takes a freeze back',
  end: 'Ends the game early',
  reveal: 'Shows the final standings: the ceremony',
};

type StepRequest = z.ZodType<{ commandId: string; gameId?: string; reason?: string }>;

function gameCommand(step: GameStep): SocketCommand {
  const request: StepRequest = step === 'pause' ? REQUESTS.gamePause : REQUESTS.game;
  return command(
    STEP_SUMMARIES[step],
    'Carried out and audited by control. `effectiveAt` says from when on it holds.',
    request,
    ANSWERS.game,
    async (context, { commandId, gameId, reason }) =>
      context.steps.takeStep({
        ...{ commandId, step, reason, gameId: gameOf(context, gameId) },
        secret: context.session.secret,
      }),
  );
}

const GAME_COMMANDS = Object.fromEntries(GAME_STEPS.map((step) => [`game:${step}`, gameCommand(step)]));

/** Every event that is taken on `/chaos`, by its name. */
export const SOCKET_COMMANDS: Readonly<Record<string, SocketCommand>> = {
  ...FAULT_COMMANDS,
  ...TIMELINE_COMMANDS,
  ...GAME_COMMANDS,
};
