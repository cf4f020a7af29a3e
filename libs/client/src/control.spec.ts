import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ControlClient, ControlError } from './index.js';

const requests: { method: string; url: string; token: string; body: string }[] = [];
let answer = { status: 200, body: '{}' };
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', headers } = request;
    requests.push({ method, url: request.url!, token: headers.authorization ?? '', body });
    if (answer.status === 0) return;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => requests.splice(0));
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const client = (withinMs?: number) =>
  new ControlClient({ url, token: 'secret', ...(withinMs === undefined ? {} : { withinMs }) });

it('sends what it is asked with the token, and returns the answer', async () => {
  answer = { status: 201, body: '{"id":"g-1","state":"lobby"}' };
  expect(await client().createGame({ scenario: 'name: x', speed: 2 })).toEqual({ id: 'g-1', state: 'lobby' });
  await client().setEndpoint('g-1', 'ants', 'router', { url: null });
  await client().scheduleGame('g-1', 5);
  expect(requests).toEqual([
    {
      method: 'POST',
      url: '/api/v1/games?speed=2',
      token: 'Bearer secret',
      body: '{"scenario":"name: x"}',
    },
    {
      method: 'PUT',
      url: '/api/v1/teams/ants/endpoints/router?game=g-1',
      token: 'Bearer secret',
      body: '{"url":null,"shared":false}',
    },
    { method: 'POST', url: '/api/v1/games/g-1/schedule', token: 'Bearer secret', body: '{"startsAt":5}' },
  ]);
});

it('throws the code and the text of a refusal', async () => {
  answer = { status: 404, body: '{"code":"unknown_game","detail":"There is no game \\"x\\"."}' };
  const refusal = client().game('x');
  await expect(refusal).rejects.toBeInstanceOf(ControlError);
  await expect(refusal).rejects.toMatchObject({ code: 'unknown_game', message: 'There is no game "x".' });
});

it.each([
  ['there is no answer in time', 0, ''],
  ['something else answers', 200, '<html>'],
])('is unavailable if %s', async (_what, status, body) => {
  answer = { status, body };
  await expect(client(100).tokens()).rejects.toMatchObject({ code: 'unavailable' });
});
