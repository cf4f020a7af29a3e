import type { GameState, Problem, SalaryHistory, StandingsView, TeamInfo, UnscoredReport } from '#contracts';

const DEFAULT_WITHIN_MS = 30_000;

export interface ControlGame {
  id: string;
  name: string;
  state: GameState;
  services: { id: string; letter: string }[];
}

export interface NewControlGame {
  /** A scenario file's text, or its content as JSON. */
  scenario: string | object;
  /** How many times faster than written the timeline runs, 0.1 to 100; default 1. */
  speed?: number;
  /** As in a teams file. */
  teams?: (TeamInfo & { endpoints?: Record<string, string> })[];
}

export interface ControlToken {
  id: string;
  role: string;
  label: string;
  gameId: string | null;
  /** Epoch ms; null: it is still good. */
  revokedAt: number | null;
}

/** Why a request was refused or could not be sent. `code` is stable; `message` is for people. */
export class ControlError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ControlError';
  }
}

export interface ControlClientOptions {
  /** Origin of the server, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** Of role facilitator. */
  token: string;
  /** How long to wait for each answer, ms; default 30 000. */
  withinMs?: number;
}

/**
 * The REST API as a facilitator's program uses it.
 * Every method throws `ControlError` with the server's code, or `unavailable` if no answer came in time.
 */
export class ControlClient {
  constructor(private readonly options: ControlClientOptions) {}

  createGame(game: NewControlGame): Promise<ControlGame> {
    const { speed, ...body } = game;
    return this.call('POST', speed === undefined ? 'games' : `games?speed=${speed}`, body);
  }

  game(id: string): Promise<ControlGame> {
    return this.call('GET', `games/${id}`);
  }

  async teams(gameId: string): Promise<TeamInfo[]> {
    const { teams } = await this.call<{ teams: TeamInfo[] }>('GET', `games/${gameId}/teams`);
    return teams;
  }

  /** What a team's services show to prove whose they are; null in a game that is older than proofs. */
  async proof(gameId: string, teamId: string): Promise<string | null> {
    const path = `games/${gameId}/teams/${teamId}/proof`;
    return (await this.call<{ proof: string | null }>('GET', path)).proof;
  }

  /** @param startsAt epoch ms, in the future */
  async scheduleGame(gameId: string, startsAt: number): Promise<void> {
    await this.call('POST', `games/${gameId}/schedule`, { startsAt });
  }

  /** @param shared the address may be another team's as well */
  async setEndpoint(
    gameId: string,
    teamId: string,
    serviceId: string,
    { url, shared = false }: { url: string | null; shared?: boolean },
  ): Promise<void> {
    await this.call('PUT', `teams/${teamId}/endpoints/${serviceId}?game=${gameId}`, { url, shared });
  }

  async tokens(): Promise<ControlToken[]> {
    return (await this.call<{ tokens: ControlToken[] }>('GET', 'tokens')).tokens;
  }

  createToken(token: { role: string; label: string; game?: string }): Promise<{ secret: string }> {
    return this.call('POST', 'tokens', token);
  }

  /** Makes a token for the same purpose; the old one is worth nothing at once. */
  rotateToken(id: string): Promise<{ secret: string }> {
    return this.call('POST', `tokens/${encodeURIComponent(id)}/rotate`);
  }

  standings(): Promise<StandingsView> {
    return this.call('GET', 'standings');
  }

  /** @param points ≥ 1: at most this many per team; the last is the salary now */
  history(gameId: string, points: number): Promise<SalaryHistory> {
    return this.call('GET', `history?game=${gameId}&points=${points}`);
  }

  unscored(gameId: string): Promise<UnscoredReport> {
    return this.call('GET', `unscored?game=${gameId}`);
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const { url, token, withinMs = DEFAULT_WITHIN_MS } = this.options;
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(`${url}/api/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(withinMs),
      });
      answer = await response.json();
    } catch (cause) {
      throw new ControlError('unavailable', `No answer from ${url} to ${method} ${path}.`, { cause });
    }
    if (response.ok) return answer as T;
    const { code, detail } = answer as Problem;
    throw new ControlError(code, detail);
  }
}
