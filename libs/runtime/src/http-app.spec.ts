import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from './http-app.js';
import { createLogger } from './logger.js';

class Empty {}
Module({})(Empty);

let app: NestFastifyApplication;
afterEach(() => app?.close());

test('a malformed path is answered with problem details, like any other error', async () => {
  app = await createHttpApp(Empty, createLogger({ service: 'test', level: 'silent' }));
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
