/** What the launcher needs of the demo company. The services themselves run as processes; see README.md. */
export { type BotTeam, botRoster } from './roster/roster.js';
export { TEAM_NAMES } from './roster/names.js';
export { DEMO_SERVICES, type DemoService, type TeamProofMessage, type TeamReady } from './demo-services.js';
