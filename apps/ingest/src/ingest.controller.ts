import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Payload } from '@nestjs/microservices';
import type { GameEvent } from '#contracts';
import { PaydayError } from '#kernel';
import { CurrentPrincipal, OnGameEvent, Roles, type Principal } from '#runtime';
import { GameDirectory } from './game-directory.js';
import { IngestService, type IngestReceipt } from './ingest.service.js';

const RECEIPT = {
  type: 'object',
  properties: {
    acceptedBatches: { type: 'integer' },
    acceptedResults: { type: 'integer' },
    duplicateBatches: { type: 'integer' },
  },
} as const;

@ApiTags('probe results')
@Controller('api/v1/probe-batches')
export class IngestController {
  constructor(
    @Inject(IngestService) private readonly ingest: IngestService,
    @Inject(GameDirectory) private readonly games: GameDirectory,
  ) {}

  @Post()
  @HttpCode(202)
  @Roles('prober')
  @ApiOperation({
    summary: 'Send probe results',
    description:
      'The response is sent once the results are durable. A request is accepted as a whole or not at all; repeating it is harmless. ' +
      'Protobuf: a ProbeBatches message (libs/contracts/src/probe_batch.proto). JSON: one batch with one result per array entry, or {"batches": […]}.',
  })
  @ApiConsumes('application/x-protobuf', 'application/json')
  @ApiBody({ schema: { type: 'object' } })
  @ApiResponse({ status: 202, description: 'Durable', schema: RECEIPT })
  @ApiResponse({ status: 400, description: 'truncated_batch' })
  @ApiResponse({ status: 401, description: 'unauthenticated' })
  @ApiResponse({
    status: 403,
    description: 'forbidden: the token has another role or is limited to another game',
  })
  @ApiResponse({ status: 404, description: 'unknown_game, unknown_team or unknown_service' })
  @ApiResponse({ status: 409, description: 'duplicate_batch or game_over' })
  @ApiResponse({ status: 413, description: 'payload_too_large' })
  @ApiResponse({ status: 422, description: 'invalid_batch' })
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
