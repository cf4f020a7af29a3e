import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { Server } from 'socket.io';
import type { StandingsDelta } from '#contracts';
import type { FakeGame } from './fake-game.js';

/**
 * A development tool: serves the built page and a made-up game over real Socket.IO, under the content security policy
 * of the real server. For design work and browser tests; it is not part of the product.
 */
export interface FakeServer {
  url: string;
  port: number;
  /** `resume` requests so far. */
  resumes: { epoch: string; seq: number }[];
  /** Sends a delta to every page. */
  send(delta: StandingsDelta): void;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:";

export async function startFakeServer(options: {
  game: FakeGame;
  /** The folder of the built page. */
  root: string;
  /** 0: any free port. */
  port?: number;
}): Promise<FakeServer> {
  const { game, root } = options;
  const http = createServer((request, response) => answer(request, response, game, root));
  const io = new Server(http, { perMessageDeflate: false, serveClient: false });
  const resumes: FakeServer['resumes'] = [];
  const namespace = io.of('/leaderboard').on('connection', (socket) => {
    socket.emit('snapshot', game.view);
    socket.on('resume', (from: { epoch: string; seq: number }) => {
      resumes.push(from);
      const missed = game.deltas.filter(({ seq }) => seq > from.seq);
      const known = from.epoch === game.view.epoch && missed[0]?.fromSeq === from.seq;
      if (!known) socket.emit('snapshot', game.view);
      else for (const delta of missed) socket.emit('delta', delta);
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    resumes,
    send: (delta) => void namespace.emit('delta', delta),
    close: async () => {
      await io.close();
      http.closeAllConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, game: FakeGame, root: string): void {
  const { pathname } = new URL(request.url ?? '/', 'http://fake');
  if (pathname === '/api/v1/unscored' || pathname === '/api/v1/teams') {
    answerReferee(request, response, pathname, game);
    return;
  }
  if (pathname === '/api/v1/history') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(game.salaryHistory()));
    return;
  }
  const page = pathname === '/' ? '/index.html' : pathname === '/referee' ? '/referee.html' : pathname;
  const file = join(root, normalize(page));
  if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-security-policy', POLICY);
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
}

/** The token that the made-up game accepts as a facilitator's. */
export const FAKE_TOKEN = 'facilitator';

/** As on the real server, teams are public and unscored requests are not. The first team lost every fiftieth request of one service. */
function answerReferee(
  { headers }: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  { view }: FakeGame,
): void {
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const gameId = view.game.id;
  const named = view.standings.map(({ team }) => team).sort((a, b) => (a.id < b.id ? -1 : 1));
  if (pathname === '/api/v1/teams') return json(200, { gameId, teams: named });
  if (headers.authorization !== `Bearer ${FAKE_TOKEN}`) return json(401, { code: 'unauthenticated' });
  const teams = named.map(({ id: teamId }, index) => {
    const services = view.services.map(({ id }, place) => ({
      id,
      requests: 5_000,
      unscored: index === 0 && place === 0 ? 100 : index,
    }));
    const sum = (of: 'requests' | 'unscored'): number => services.reduce((all, each) => all + each[of], 0);
    return { teamId, requests: sum('requests'), unscored: sum('unscored'), services };
  });
  const sum = (of: 'requests' | 'unscored'): number => teams.reduce((all, each) => all + each[of], 0);
  const windows = [41, 42, 43].map((windowIndex) => ({
    teamId: named[0]!.id,
    serviceId: view.services[0]!.id,
    windowIndex,
    windowStartAt: (view.game.startsAt ?? 0) + windowIndex * 5_000,
    requests: 50,
    unscored: 44 - windowIndex,
  }));
  const total = { requests: sum('requests'), unscored: sum('unscored') };
  json(200, { gameId, total, teams, windows, windowsAbove: 3 });
}
