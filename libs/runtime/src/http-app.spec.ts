import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { openEventLog } from '#event-log';
import { createHttpApp } from './http-app.js';
import { createLogger } from './logger.js';
import { RuntimeModule } from './runtime-module.js';
import { systemClock } from '#kernel/system';

class Root {}

let app: NestFastifyApplication;
afterEach(() => app?.close());

test('a malformed path is answered with problem details, like any other error', async () => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const eventLog = await openEventLog('memory:');
  const runtime = RuntimeModule.register({ clock: systemClock, logger, metrics: new Registry(), eventLog });
  app = await createHttpApp({ module: Root, imports: [runtime] }, logger);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  for (const [path, status, code] of [
    ['/api/v1/%', 400, 'bad_request'],
    ['/nowhere', 404, 'not_found'],
  ] as const) {
    const answer = await fetch(url + path);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await answer.json()).toMatchObject({ status, code });
  }
});
