// The honest teams' servers in one process: the same correct answer without delay, one port per team.
import { createServer } from 'node:http';

const RIGHT = '{"ok":true,"n":7}';
const servers = await Promise.all(
  Array.from({ length: Number(process.argv[2]) }, async () => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': RIGHT.length });
      response.end(RIGHT);
    });
    server.keepAliveTimeout = 60_000;
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }),
);
process.send({ urls: servers.map((server) => `http://127.0.0.1:${server.address().port}`) });
process.on('disconnect', () => process.exit(0));
