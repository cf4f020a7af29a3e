import { crash } from './crash.js';
import { errorRate } from './error-rate.js';
import { hang } from './hang.js';
import type { FaultKind } from './kind.js';
import { slow } from './slow.js';
import { wrongAnswer } from './wrong-answer.js';

/** Every kind of fault that the sandbox knows. A new kind is one file and one entry here. */
export const FAULT_KINDS: ReadonlyMap<string, FaultKind> = new Map(
  [crash, slow, wrongAnswer, hang, errorRate].map((kind) => [kind.kind, kind]),
);
