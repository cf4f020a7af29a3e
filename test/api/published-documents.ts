import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import type { Type } from '@nestjs/common';
import { BroadcasterModule } from '../../apps/broadcaster/src/index.js';
import { leaderboardAsyncApi } from '../../apps/broadcaster/src/delivery/leaderboard.async-api.js';
import { ChaosModule } from '../../apps/chaos-orchestrator/src/index.js';
import { chaosAsyncApi } from '../../apps/chaos-orchestrator/src/socket/async-api.js';
import { ControlModule } from '../../apps/control/src/index.js';
import { IngestModule } from '../../apps/ingest/src/index.js';
import { AsyncApi } from '#runtime';

function controllersOf(module: Type): Type[] {
  return (Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, module) ?? []) as Type[];
}

/** The OpenAPI document of every service together. Nothing runs behind the controllers. */
export async function openApiDocument(): Promise<object> {
  const { controllers } = ChaosModule.register({} as never);
  const testing = await Test.createTestingModule({
    controllers: [
      ...(controllers as Type[]),
      ...[BroadcasterModule, ControlModule, IngestModule].flatMap(controllersOf),
    ],
  })
    .useMocker(() => ({}))
    .compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  const document = SwaggerModule.createDocument(app, new DocumentBuilder().addBearerAuth().build());
  await app.close();
  return document;
}

/** The AsyncAPI document of every socket together. */
export function asyncApiDocument(): object {
  const asyncApi = new AsyncApi();
  asyncApi.add(leaderboardAsyncApi());
  asyncApi.add(chaosAsyncApi());
  return asyncApi.document();
}
