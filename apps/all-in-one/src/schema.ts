import { CHAOS_MIGRATIONS } from '../../chaos-orchestrator/src/index.js';

/** Migrations of services that bring tables of their own. */
export const SERVICE_MIGRATIONS = CHAOS_MIGRATIONS;
