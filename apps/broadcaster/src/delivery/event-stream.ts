import type { ServerResponse } from 'node:http';
import type { StandingsDelta, StandingsView } from '#contracts';
import type { Frame } from '../frames/frame-maker.js';
import { LagGate, type Decision } from './lag-gate.js';
import { formatEventId } from './resume-point.js';

/** How long a client waits before it reconnects, ms. */
const RETRY_MS = 2_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Otherwise buffering proxies would delay the stream.
  'x-accel-buffering': 'no',
  'access-control-allow-origin': '*',
  'x-content-type-options': 'nosniff',
};

export type StreamEvent =
  { kind: 'snapshot'; payload: StandingsView } | { kind: 'delta'; payload: StandingsDelta };

/** One client of `GET /api/v1/stream`. */
export class EventStream {
  private readonly gate = new LagGate();

  constructor(private readonly response: ServerResponse) {
    // A reset connection is an error of the response; the controller handles it on `close`.
    response.on('error', () => {});
    response.writeHead(200, HEADERS);
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  decide(nowMs: number): Decision {
    return this.gate.decide({ packets: 0, bytes: this.response.writableLength }, nowMs);
  }

  /** @returns bytes written */
  send(event: StreamEvent): number {
    return this.write(eventText(event.kind, event.payload, JSON.stringify(event.payload)));
  }

  /** @param text from `frameText` */
  write(text: string): number {
    this.response.write(text);
    return text.length;
  }

  /** Keeps proxies and clients from giving up on a silent connection. */
  heartbeat(): void {
    if (this.response.writableLength === 0) this.response.write(': still here\n\n');
  }

  end(): void {
    this.response.end();
  }

  drop(): void {
    this.response.destroy();
  }
}

export function frameText(frame: Frame): string {
  return eventText(frame.kind, frame.payload, frame.json);
}

function eventText(kind: string, payload: StandingsView | StandingsDelta, json: string): string {
  return `event: ${kind}\nid: ${formatEventId(payload)}\ndata: ${json}\n\n`;
}
