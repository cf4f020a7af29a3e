import { bandwidth } from './bandwidth.js';
import { blackHole } from './black-hole.js';
import { configVanishes } from './config-vanishes.js';
import { crash } from './crash.js';
import { errorRate } from './error-rate.js';
import { hang } from './hang.js';
import { jitter } from './jitter.js';
import type { FaultKind } from './kind.js';
import { latency } from './latency.js';
import { memoryLeak } from './memory-leak.js';
import { reset } from './reset.js';
import { slow } from './slow.js';
import { wrongAnswer } from './wrong-answer.js';

const OF_SERVICES = [crash, slow, wrongAnswer, hang, errorRate, configVanishes, memoryLeak];
const OF_THE_NETWORK = [latency, jitter, reset, blackHole, bandwidth];

/** Every kind of fault that the sandbox knows. A new kind is one file and one entry here. */
export const FAULT_KINDS: ReadonlyMap<string, FaultKind> = new Map(
  [...OF_SERVICES, ...OF_THE_NETWORK].map((kind) => [kind.kind, kind]),
);
