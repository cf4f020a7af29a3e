import { InvalidArgumentError, Option, type Command } from 'commander';
import { PaydayError, type Clock } from '#kernel';
import { TOKEN_ROLES } from '#contracts';
import { type DataSource, GameStore, type TokenInfo, type TokenRole, TokenStore } from '#persistence';
import { systemClock, table } from '#runtime';
import { parseDuration } from '#scenario';
import { withDatabase, type SourceOptions } from '../source.js';
import { plain, writeLine, type Terminal } from '../terminal.js';

type Where = Pick<SourceOptions, 'data' | 'database'> & { json: boolean };
interface CreateOptions extends Where {
  role: TokenRole;
  label: string;
  game?: string;
  team?: string;
  expiresIn?: number;
}

/** `payday token create|list|revoke`: tokens for anyone who may read the data folder; needs no token itself. */
export function addToken(token: Command, terminal: Terminal): void {
  const where = (command: Command): Command =>
    command
      .option('--data <dir>', 'the data folder of npm start', '.payday')
      .option('--database <url>', 'PostgreSQL of an installation without data folder')
      .option('--json', 'as JSON', false);
  where(
    token
      .command('create')
      .description('Creates a token and prints its secret, which is shown only once.')
      .addOption(new Option('--role <role>', 'what it may do').choices(TOKEN_ROLES).makeOptionMandatory())
      .option('--label <text>', 'whose it is, or what it is for', oneLine, 'command line')
      .option('--game <id>', 'good for this game only; for a team default: the newest')
      .option('--team <id>', 'for role team: the team')
      .option('--expires-in <duration>', 'expires after this time, e.g. 8h or 30m', duration),
  ).action((options: CreateOptions) => withDatabase(options, (db) => create(db, options, terminal)));
  where(token.command('list').description('Lists tokens without their secrets, newest first.')).action(
    (options: Where) => withDatabase(options, (db) => list(db, options, terminal)),
  );
  where(
    token
      .command('revoke')
      .description('Revokes a token: running servers refuse it within five seconds.')
      .argument('<id>', 'its id, as list shows it'),
  ).action((id: string, options: Where) =>
    withDatabase(options, async (db) => {
      const { service, actor } = await tokensOf(db);
      const revoked = await service.revoke(id, actor);
      await writeLine(terminal.stdout, options.json ? JSON.stringify(revoked) : `revoked ${revoked.id}`);
    }),
  );
}

async function create(db: DataSource, options: CreateOptions, terminal: Terminal): Promise<void> {
  const { role, label, team, expiresIn, json } = options;
  if ((role === 'team') !== (team !== undefined))
    throw new PaydayError('invalid_option', '--team goes with --role team, and with no other role');
  const gameId = await gameOf(db, options);
  const { service, actor } = await tokensOf(db);
  const expiresAt = expiresIn === undefined ? undefined : systemClock.nowMs() + expiresIn;
  const made = await service.create({ role, label, gameId, teamId: team, expiresAt }, actor);
  await writeLine(terminal.stdout, json ? JSON.stringify(made) : made.secret);
}

async function gameOf(db: DataSource, { game, team }: CreateOptions): Promise<string | undefined> {
  if (game === undefined && team === undefined) return undefined;
  const store = new GameStore(db);
  const found = game === undefined ? await store.current() : await store.find(game);
  if (found === null)
    throw new PaydayError('unknown_game', `there is no game${game === undefined ? ' yet' : ` "${game}"`}`);
  const teams = team === undefined ? [] : (await store.teams(found.id)).map(({ id }) => id);
  if (team !== undefined && !teams.includes(team))
    throw new PaydayError(
      'unknown_team',
      `there is no team "${team}"; there are: ${teams.join(', ') || '(none)'}`,
    );
  return found.id;
}

async function list(db: DataSource, { json }: Where, terminal: Terminal): Promise<void> {
  const tokens = await (await tokensOf(db)).service.list();
  if (json) return writeLine(terminal.stdout, JSON.stringify({ tokens }));
  const now = systemClock.nowMs();
  const rows = tokens.map((each) => [
    each.id,
    each.role,
    stateOf(each, now),
    each.gameId ?? 'all games',
    each.teamId ?? '',
    each.label,
  ]);
  await writeLine(
    terminal.stdout,
    rows.length === 0
      ? 'no tokens'
      : table(
          rows.map((row) => row.map(plain)),
          [],
        ),
  );
}

function stateOf({ revokedAt, expiresAt }: TokenInfo, nowMs: number): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'good';
  return expiresAt <= nowMs ? 'expired' : `good until ${new Date(expiresAt).toISOString()}`;
}

/** Loaded on demand, with everything that control needs. */
async function tokensOf(db: DataSource, clock: Clock = systemClock) {
  const { TokenService, systemActor } = await import('../../../control/src/index.js');
  return { service: new TokenService(new TokenStore(db, clock), clock), actor: systemActor('command line') };
}

function oneLine(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > 80 || /\p{Cc}/u.test(trimmed))
    throw new InvalidArgumentError('a label is one line of 1 to 80 characters');
  return trimmed;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (typeof ms === 'number' && ms > 0) return ms;
  throw new InvalidArgumentError('write a duration such as 8h, 30m or 90s');
}
