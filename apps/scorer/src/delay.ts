import { setTimeout } from 'node:timers/promises';

/** Resolves after `ms` milliseconds. The timer does not keep the process alive. */
export const delay = (ms: number): Promise<void> => setTimeout(ms, undefined, { ref: false });
