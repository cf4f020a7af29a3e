/** One sandbox team as a process: four services, a fault agent, an engineer. See README.md, "The sandbox". */
import { messageOf, PaydayError } from '#kernel';
import type { TeamProofMessage, TeamReady } from './demo-services.js';
import { startTeam } from './sandbox/start-team.js';
import { TEAM_USAGE, teamOptionsFrom } from './sandbox/team-args.js';

const forked = process.send !== undefined;
if (forked) {
  // Without its launcher a team has no purpose. Ctrl-C reaches the launcher too, which decides what happens.
  process.on('disconnect', () => process.exit(0));
  if (!process.connected) process.exit(0);
  process.on('SIGINT', () => undefined);
} else {
  process.on('SIGINT', () => process.exit(0));
}
process.on('SIGTERM', () => process.exit(0));

try {
  const options = teamOptionsFrom(process.argv.slice(2), process.env);
  const onError = (error: unknown): void => say(`team ${options.teamId}: ${messageOf(error)}`);
  const { endpoints, agentUrl, setTeamProof } = await startTeam({ ...options, onError });
  process.on('message', (message: TeamProofMessage) => {
    if (message.type === 'proof') setTeamProof(message.teamProof);
  });
  if (forked) process.send?.({ type: 'ready', endpoints, agentUrl } satisfies TeamReady);
  else for (const [name, url] of Object.entries({ ...endpoints, agent: agentUrl })) print(`${name} ${url}`);
} catch (error) {
  if (error instanceof PaydayError && error.code === 'usage') {
    say(`${error.message} (${TEAM_USAGE})`);
    process.exit(2);
  }
  say(`the team cannot start: ${messageOf(error)}`);
  process.exit(1);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
