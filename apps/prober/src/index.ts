export { proberConfigFrom, type ProberConfig } from './config.js';
export { startProber, type RunningProber } from './start-prober.js';
