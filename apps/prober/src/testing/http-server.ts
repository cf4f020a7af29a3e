import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Servers of one test, on loopback; `closeAll` ends them and every connection to them. */
export class HttpServers {
  private readonly closing: (() => Promise<unknown>)[] = [];

  /** @returns the origin */
  async listen(handler: RequestListener): Promise<string> {
    const server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.closing.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async closeAll(): Promise<void> {
    for (const close of this.closing.splice(0).reverse()) await close();
  }
}
