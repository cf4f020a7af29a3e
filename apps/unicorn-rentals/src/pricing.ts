/** Starts pricing alone: `PORT=… node dist/apps/unicorn-rentals/src/pricing.js`; see README.md. */
import { runService } from './http/run.js';
import { createPricing } from './services/pricing.js';

runService('pricing', () => createPricing());
