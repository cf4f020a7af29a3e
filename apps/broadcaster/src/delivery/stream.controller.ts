import {
  Controller,
  Get,
  Headers,
  Inject,
  Res,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Clock, Timers } from '#kernel';
import { CLOCK } from '#runtime';
import { BroadcasterMetrics } from '../broadcaster-metrics.js';
import { FrameHub } from '../frames/frame-hub.js';
import type { Frame } from '../frames/frame-maker.js';
import { TIMERS } from '../tokens.js';
import { EventStream, frameText } from './event-stream.js';
import { parseEventId } from './resume-point.js';

const HEARTBEAT_MS = 15_000;

@ApiTags('standings')
@Controller('api/v1/stream')
export class StreamController implements OnModuleInit, BeforeApplicationShutdown {
  private readonly streams = new Set<EventStream>();
  private unsubscribe: () => void = () => {};
  private cancelHeartbeat: () => void = () => {};

  constructor(
    @Inject(FrameHub) private readonly hub: FrameHub,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(BroadcasterMetrics) private readonly metrics: BroadcasterMetrics,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.hub.subscribe((frame) => this.broadcast(frame));
    this.metrics.countViewers('sse', () => this.streams.size);
    this.heartbeat();
  }

  /** Streams never end on their own, so without this the server could not close. */
  beforeApplicationShutdown(): void {
    this.unsubscribe();
    this.cancelHeartbeat();
    for (const stream of this.streams) stream.end();
  }

  @Get()
  @ApiOperation({
    summary: 'The standings as server-sent events',
    description:
      'Events "snapshot" (a StandingsView) and "delta" (a StandingsDelta), at most ten per second, with ids "<epoch>:<seq>". ' +
      'With Last-Event-ID it resumes after that event, or starts with a snapshot if the event is too old. ' +
      'Before the first game, the stream is silent.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Id of the last event received' })
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200, description: 'The stream', schema: { type: 'string' } })
  open(@Headers('last-event-id') lastEventId: string | undefined, @Res() reply: FastifyReply): void {
    reply.hijack();
    const stream = new EventStream(reply.raw);
    reply.raw.on('close', () => this.streams.delete(stream));
    const { maker } = this.hub;
    const from = parseEventId(lastEventId);
    const view = maker.snapshot();
    const isCurrent = view !== null && from?.epoch === view.epoch && from.seq === view.seq;
    const first = from === null ? view && { kind: 'snapshot' as const, payload: view } : maker.resume(from);
    if (first !== null && !isCurrent) this.metrics.sent('sse', stream.send(first));
    this.streams.add(stream);
  }

  private broadcast(frame: Frame): void {
    if (this.streams.size === 0) return;
    const nowMs = this.clock.monotonicMs();
    const text = frameText(frame);
    for (const stream of this.streams) {
      const decision = stream.decide(nowMs);
      if (decision === 'deliver') this.metrics.sent('sse', stream.write(text));
      else if (decision === 'skip') this.metrics.viewerSkipped('sse');
      else if (decision === 'resync') this.resync(stream);
      else this.drop(stream);
    }
  }

  private resync(stream: EventStream): void {
    const payload = this.hub.maker.snapshot();
    if (payload) this.metrics.sent('sse', stream.send({ kind: 'snapshot', payload }));
  }

  private drop(stream: EventStream): void {
    this.metrics.viewerDropped('sse');
    this.streams.delete(stream);
    stream.drop();
  }

  private heartbeat(): void {
    this.cancelHeartbeat = this.timers.after(HEARTBEAT_MS, () => {
      for (const stream of this.streams) stream.heartbeat();
      this.heartbeat();
    });
  }
}
