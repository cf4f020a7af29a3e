import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A proxy in front of a fault agent that gives every fault a time to live of one hour, so that a fault that ends sooner was
 * ended by the orchestrator.
 */
export class PatientAgent {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(agentUrl: string): Promise<PatientAgent> {
    const server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const body =
          incoming.method === 'PUT' ? JSON.stringify({ ...JSON.parse(text), ttlMs: 3_600_000 }) : text;
        const { authorization = '' } = incoming.headers;
        const headers = {
          authorization,
          ...(body === ''
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        };
        const asked = request(new URL(incoming.url!, agentUrl), { method: incoming.method, headers });
        asked.on('response', (answer) => {
          outgoing.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(outgoing);
        });
        asked.on('error', () => outgoing.destroy());
        asked.end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PatientAgent(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
