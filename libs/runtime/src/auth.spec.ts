import { Controller, Get, Post } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { MaybePrincipal, OptionalToken, Roles, type Principal } from './auth.js';
import { configureHttpApp } from './http-app.js';
import { createLogger } from './logger.js';
import { HTTP_ENHANCERS } from './runtime-module.js';
import { LOGGER, TOKEN_VERIFIER } from './tokens.js';

@Controller()
class AccessController {
  @Get('public') read(): string {
    return 'read';
  }
  @Post('forgotten') forgotten(): string {
    return 'changed';
  }
  @Post('guarded') @Roles('facilitator') guarded(): string {
    return 'changed';
  }
  @Get('more') @OptionalToken() more(@MaybePrincipal() principal?: Principal): string {
    return principal?.role ?? 'public';
  }
}

let app: NestFastifyApplication;
beforeAll(async () => {
  const verify = async (secret: string): Promise<Principal | null> =>
    secret === 'boss' ? { tokenId: 't', role: 'facilitator' } : null;
  const testing = await Test.createTestingModule({
    controllers: [AccessController],
    providers: [
      { provide: TOKEN_VERIFIER, useValue: { verify } },
      { provide: LOGGER, useValue: createLogger({ service: 'test', level: 'silent' }) },
      ...HTTP_ENHANCERS,
    ],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  configureHttpApp(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(() => app?.close());

const call = (method: 'get' | 'post', path: string, token?: string) => {
  const test = request(app.getHttpServer())[method](path);
  return token === undefined ? test : test.set('authorization', `Bearer ${token}`);
};

test('a handler that changes something and declares no roles is closed to everybody', async () => {
  await call('get', '/public').expect(200);
  const { body } = await call('post', '/forgotten', 'boss').expect(403);
  expect(body.code).toBe('forbidden');
  await call('post', '/guarded').expect(401);
  await call('post', '/guarded', 'boss').expect(201);
});

test('an optional token may be omitted, but an invalid one is refused', async () => {
  expect((await call('get', '/more').expect(200)).text).toBe('public');
  expect((await call('get', '/more', 'boss').expect(200)).text).toBe('facilitator');
  expect((await call('get', '/more', 'old').expect(401)).body.code).toBe('unauthenticated');
});
