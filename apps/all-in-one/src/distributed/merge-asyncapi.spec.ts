import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mergeAsyncApi } from './merge-asyncapi.js';

const open: Server[] = [];
afterAll(() => open.forEach((server) => server.close()));

async function serving(channel: string): Promise<string> {
  const document = {
    asyncapi: '3.0.0',
    servers: { payday: { host: 'h', protocol: 'ws', pathname: '/socket.io' } },
    channels: { [channel]: { address: `/${channel}`, servers: [{ $ref: '#/servers/payday' }] } },
    operations: { [`${channel}.say`]: {} },
    components: { messages: { [channel]: {} }, schemas: {} },
  };
  const server = createServer((_, response) => response.end(JSON.stringify(document)));
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('puts the sockets of several services into one document, chaos at its own path', async () => {
  const urls = [await serving('leaderboard'), 'http://127.0.0.1:1', await serving('chaos')];
  expect(await mergeAsyncApi(urls)).toMatchObject({
    asyncapi: '3.0.0',
    servers: { payday: { pathname: '/socket.io' }, chaos: { host: 'h', pathname: '/chaos/socket.io' } },
    channels: {
      leaderboard: { servers: [{ $ref: '#/servers/payday' }] },
      chaos: { servers: [{ $ref: '#/servers/chaos' }] },
    },
    operations: { 'leaderboard.say': {}, 'chaos.say': {} },
    components: { messages: { leaderboard: {}, chaos: {} } },
  });
});

it('has nothing to say while nobody answers', async () => {
  expect(await mergeAsyncApi(['http://127.0.0.1:1'])).toBeNull();
});
