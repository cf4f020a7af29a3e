import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { connectChaos, type ChaosConnection } from './chaos.js';

type Ack = (answer: object) => void;

let http: HttpServer;
let url: string;
/** Socket.IO servers that the current test started. */
const servers: Server[] = [];
const connections: ChaosConnection[] = [];

beforeEach(async () => {
  http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  for (const server of servers.splice(0)) await server.close();
  http.close();
});

function serve(path: string, namespace: string, onConnection: (socket: Socket) => void = () => {}): Server {
  const server = new Server(http, { path, destroyUpgrade: false });
  servers.push(server);
  server.of(namespace).on('connection', onConnection);
  return server;
}
const refuses = (server: Server, code: string): void =>
  void server
    .of('/chaos')
    .use((_socket, next) => next(Object.assign(new Error('No.'), { data: { code, message: 'No.' } })));

async function connect(withinMs = 5_000): Promise<ChaosConnection> {
  const connection = await connectChaos({ url, token: 'pd_secret', withinMs });
  connections.push(connection);
  return connection;
}

test('finds the socket under its other path if the usual one has no such namespace', async () => {
  serve('/socket.io', '/leaderboard');
  let token: unknown;
  serve('/chaos/socket.io', '/chaos', (socket) => {
    token = socket.handshake.auth['token'];
    socket.on('fault:list', (_payload: unknown, ack: Ack) =>
      ack({ ok: true, result: { faults: [], timelines: [] } }),
    );
  });
  expect(await (await connect()).call('fault:list', {})).toEqual({ faults: [], timelines: [] });
  expect(token).toBe('pd_secret');
});

test('sends a command again, with the same id, when the connection is lost before its answer', async () => {
  const taken: unknown[] = [];
  serve('/socket.io', '/chaos', (socket) =>
    socket.on('fault:stop-all', (payload: unknown, ack: Ack) => {
      taken.push(payload);
      // The network drops the connection, not the server.
      if (taken.length === 1) socket.conn.close();
      else ack({ ok: true, result: { verified: [], unverified: [] } });
    }),
  );
  const states: boolean[] = [];
  const connection = await connect();
  connection.on('connection', (isConnected) => states.push(isConnected));
  const answer = await connection.call('fault:stop-all', { commandId: 'c1' });
  expect(answer).toMatchObject({ verified: [] });
  expect(taken).toEqual([{ commandId: 'c1' }, { commandId: 'c1' }]);
  expect(states).toEqual([false, true]);
});

test('reports why a command was refused, with the details', async () => {
  const error = { code: 'chaos_limit', message: 'Too much.', retryable: true, details: { violations: [1] } };
  serve('/socket.io', '/chaos', (socket) =>
    socket.on('fault:list', (_payload: unknown, ack: Ack) => ack({ ok: false, error })),
  );
  await expect((await connect()).call('fault:list', {})).rejects.toMatchObject(error);
});

test('a refused token, no chaos, no answer: each with its code', async () => {
  await expect(connect(300)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  serve('/socket.io', '/leaderboard');
  serve('/chaos/socket.io', '/leaderboard');
  await expect(connect()).rejects.toMatchObject({ code: 'not_found' });
  refuses(servers[0]!, 'unauthenticated');
  await expect(connect()).rejects.toMatchObject({ code: 'unauthenticated', message: 'No.' });
});

test('ends when the token becomes invalid, and rejects the calls that wait', async () => {
  const server = serve('/socket.io', '/chaos', (socket) =>
    socket.on('fault:list', () => {
      refuses(server, 'unauthenticated');
      socket.disconnect(true);
    }),
  );
  const connection = await connect();
  await expect(connection.call('fault:list', {})).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await connection.over).toMatchObject({ code: 'unauthenticated' });
  await expect(connection.call('fault:list', {})).rejects.toMatchObject({ code: 'unauthenticated' });
});
