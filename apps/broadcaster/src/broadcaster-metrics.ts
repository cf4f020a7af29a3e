import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { METRICS } from '#runtime';
import type { Frame } from './frames/frame-maker.js';

export type Transport = 'socket' | 'sse';

/** What operators watch of the broadcaster. Nothing here depends on a salary. */
@Injectable()
export class BroadcasterMetrics {
  private readonly frames: Counter<'kind'>;
  private readonly bytes: Counter<'transport'>;
  private readonly skipped: Counter<'transport'>;
  private readonly dropped: Counter<'transport'>;
  private readonly viewers: Gauge<'transport'>;
  private readonly refusedEvents: Counter<'code'>;
  private readonly latency: Histogram;
  private readonly counts = new Map<Transport, () => number>();
  private oldestWaitingAt: number | null = null;

  constructor(@Inject(METRICS) registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name, help, labelNames, registers });
    this.frames = counter('payday_broadcaster_frames_total', 'Frames made', 'kind');
    this.bytes = counter(
      'payday_broadcaster_bytes_total',
      'JSON bytes of frames and streams handed to viewers',
      'transport',
    );
    this.skipped = counter(
      'payday_broadcaster_skipped_total',
      'Frames not sent to a viewer that was behind',
      'transport',
    );
    this.dropped = counter(
      'payday_broadcaster_dropped_viewers_total',
      'Viewers disconnected for not reading, or for flooding',
      'transport',
    );
    this.refusedEvents = counter(
      'payday_broadcaster_refused_events_total',
      'Game events that do not fit their game, by error code',
      'code',
    );
    this.latency = new Histogram({
      name: 'payday_broadcaster_update_to_frame_seconds',
      help: 'From writing a score update to the frame that shows it; the oldest update of each frame',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    const { counts } = this;
    this.viewers = new Gauge({
      name: 'payday_broadcaster_viewers',
      help: 'Viewers connected',
      labelNames: ['transport'],
      registers,
      collect() {
        for (const [transport, count] of counts) this.set({ transport }, count());
      },
    });
  }

  countViewers(transport: Transport, count: () => number): void {
    this.counts.set(transport, count);
    this.viewers.set({ transport }, count());
  }

  /** @param writtenAt when the update was written, epoch ms */
  scoreTaken(writtenAt: number): void {
    this.oldestWaitingAt = Math.min(this.oldestWaitingAt ?? writtenAt, writtenAt);
  }

  frameMade(frame: Frame, nowMs: number): void {
    this.frames.inc({ kind: frame.kind });
    if (this.oldestWaitingAt !== null) this.latency.observe(Math.max(0, nowMs - this.oldestWaitingAt) / 1000);
    this.oldestWaitingAt = null;
  }

  sent(transport: Transport, bytes: number): void {
    this.bytes.inc({ transport }, bytes);
  }

  viewerSkipped(transport: Transport): void {
    this.skipped.inc({ transport });
  }

  viewerDropped(transport: Transport): void {
    this.dropped.inc({ transport });
  }

  eventRefused(code: string): void {
    this.refusedEvents.inc({ code });
  }
}
