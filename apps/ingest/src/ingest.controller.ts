import { Body, Controller, Headers, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { Payload } from '@nestjs/microservices';
import type { GameEvent } from '#contracts';
import { IngestReceipt } from '#contracts/api';
import { PaydayError } from '#kernel';
import { ApiEndpoint, CurrentPrincipal, OnGameEvent, Roles, type Principal } from '#runtime';
import { GameDirectory } from './game-directory.js';
import { IngestService } from './ingest.service.js';

@ApiTags('probe results')
@Controller('api/v1/probe-batches')
export class IngestController {
  constructor(
    @Inject(IngestService) private readonly ingest: IngestService,
    @Inject(GameDirectory) private readonly games: GameDirectory,
  ) {}

  @Post()
  @Roles('prober')
  @ApiConsumes('application/x-protobuf', 'application/json')
  @ApiBody({ schema: { type: 'object' } })
  @ApiEndpoint({
    summary: 'Send probe results',
    description:
      'Answered when the results are durable. A request is accepted as a whole or not at all; sending it again is harmless. ' +
      'Protobuf: a ProbeBatches message (libs/contracts/src/probe_batch.proto). JSON: one batch with one result per array entry, or {"batches": […]}.',
    status: 202,
    answer: IngestReceipt,
    problems: [
      'truncated_batch',
      'unauthenticated',
      'forbidden',
      'unknown_game',
      'unknown_team',
      'unknown_service',
      'duplicate_batch',
      'game_over',
      'payload_too_large',
      'invalid_batch',
    ],
  })
  async post(
    @Headers('content-type') contentType: string,
    @Body() body: unknown,
    @CurrentPrincipal() { gameId }: Principal,
  ): Promise<IngestReceipt> {
    if (body instanceof Uint8Array) return this.ingest.acceptProtobuf(body, gameId);
    if (typeof body === 'object' && body !== null) return this.ingest.acceptJson(body, gameId);
    throw new PaydayError(
      'unsupported_media_type',
      `Send application/x-protobuf or application/json with a body, not "${contentType ?? ''}".`,
    );
  }

  @OnGameEvent()
  onGameEvent(@Payload() event: GameEvent): void {
    this.games.handle(event);
  }
}
