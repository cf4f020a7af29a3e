/** Starts catalog alone: `PORT=… node dist/apps/unicorn-rentals/src/catalog.js`; see README.md. */
import { runService } from './http/run.js';
import { createCatalog } from './services/catalog.js';

runService('catalog', () => createCatalog());
