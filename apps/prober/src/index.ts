export { proberService } from './service.js';
export { startProber, type RunningProber } from './start-prober.js';
