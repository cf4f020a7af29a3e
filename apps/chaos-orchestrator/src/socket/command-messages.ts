import { CHAOS_ANSWERS as ANSWERS, CHAOS_REQUESTS as REQUESTS } from '#contracts/api';
import type { z } from 'zod';

/** One event that a facilitator may send: its documentation and its shapes. */
export interface CommandMessage {
  readonly summary: string;
  readonly description: string;
  readonly request: z.ZodType;
  readonly answer: z.ZodType;
}

const gameStep = <R extends z.ZodType>(summary: string, request: R) => ({
  summary,
  description: 'Carried out and audited by control. `effectiveAt` says when it takes effect.',
  request,
  answer: ANSWERS.game,
});

/** Every event that `/chaos` accepts. */
export const COMMAND_MESSAGES = {
  'fault:preview': {
    summary: 'Show what an injection would do',
    description:
      'Blast radius, chaos that each team has had, expected cost, violated limits, and the required confirmation. Changes nothing.',
    request: REQUESTS.preview,
    answer: ANSWERS.preview,
  },
  'fault:inject': {
    summary: 'Inject a fault',
    description:
      'The fault is armed immediately, and fault:changed confirms it. It ends by itself after ttlMs, and is verified gone.',
    request: REQUESTS.inject,
    answer: ANSWERS.inject,
  },
  'fault:stop': {
    summary: 'Stop faults early',
    description:
      'Stops the faults that match every given field. Answers within two seconds with what was verified gone and what was not.',
    request: REQUESTS.stop,
    answer: ANSWERS.stop,
  },
  'fault:stop-all': {
    summary: 'Stop everything: the panic button',
    description:
      'Stops every fault, including those that have not fired, and holds the timelines until they are resumed. Answers within two seconds.',
    request: REQUESTS.stopAll,
    answer: ANSWERS.stop,
  },
  'fault:list': {
    summary: 'List faults and timelines',
    description:
      'Faults that may act, then the latest that are over; and the timelines of games that are not over.',
    request: REQUESTS.list,
    answer: ANSWERS.list,
  },
  'scenario:pause': {
    summary: 'Hold the timeline',
    description: 'No entry of the scenario starts until the timeline is resumed. The game itself continues.',
    request: REQUESTS.timeline,
    answer: ANSWERS.timeline,
  },
  'scenario:resume': {
    summary: 'Resume the timeline',
    description:
      'Entries that fell due in the meantime run now, unless they are late by more than their time to live.',
    request: REQUESTS.timeline,
    answer: ANSWERS.timeline,
  },
  'scenario:skip': {
    summary: 'Take one entry out of the timeline',
    description: 'It will not run.',
    request: REQUESTS.skip,
    answer: ANSWERS.timeline,
  },
  'game:start': gameStep('Start the game', REQUESTS.game),
  'game:pause': gameStep('Pause the game', REQUESTS.gamePause),
  'game:resume': gameStep('Resume a paused game', REQUESTS.game),
  'game:freeze': gameStep('Freeze the public board', REQUESTS.game),
  'game:thaw': gameStep('Undo a freeze', REQUESTS.game),
  'game:end': gameStep('End the game early', REQUESTS.game),
  'game:reveal': gameStep('Reveal the final standings: the ceremony', REQUESTS.game),
} as const satisfies Record<string, CommandMessage>;

export type CommandName = keyof typeof COMMAND_MESSAGES;

/** The validated request of a command. */
export type RequestOf<N extends CommandName> = z.output<(typeof COMMAND_MESSAGES)[N]['request']>;

export function isCommandName(event: string): event is CommandName {
  return Object.hasOwn(COMMAND_MESSAGES, event);
}
