import type { Socket } from 'node:net';
import { Client, type buildConnector } from 'undici';

/** One keep-alive connection to an endpoint. It opens its socket when it is first used, and again after a close. */
export class Connection {
  readonly client: Client;
  socket: Socket | null = null;
  /** Answers that came over the present socket. */
  served = 0;

  constructor(origin: string, connect: (onSocket: (socket: Socket) => void) => buildConnector.connector) {
    this.client = new Client(origin, {
      pipelining: 1,
      // Deadlines are kept by the prober, for all requests at once; undici's timers would only cost time.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connect((socket) => {
        this.socket = socket;
        this.served = 0;
      }),
    });
  }

  destroy(): void {
    // undici leaves a socket alone that is still connecting, and one to a black hole connects for minutes.
    this.socket?.destroy();
    this.client.destroy().catch(() => {});
  }
}
