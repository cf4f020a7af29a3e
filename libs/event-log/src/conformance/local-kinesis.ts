import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';

const TARGET = 'x-amz-target';
type Body = Record<string, unknown>;

/** A test's response to one call, or undefined to let it through. `after`: the call takes effect first. */
export type Strike = (
  action: string,
  body: Body,
) => { status: number; type: string; after?: boolean } | undefined;

/**
 * Kinesalite on loopback, behind a small server through which tests inject failures. The server also corrects two bugs of
 * kinesalite: it never answers AT_TIMESTAMP if no record is that recent, and it reports a reader as caught up although
 * the limit of one call truncated the response.
 */
export class LocalKinesis {
  strike: Strike = () => undefined;
  readonly calls: { action: string; body: Body }[] = [];

  private constructor(
    private readonly kinesalite: Server,
    private readonly front: Server,
  ) {}

  static async start(): Promise<LocalKinesis> {
    process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';
    const make = createRequire(import.meta.url)('kinesalite') as (options: object) => Server;
    const kinesalite = make({ createStreamMs: 1, shardLimit: 100_000 });
    await listening(kinesalite);
    const front = createServer((req, res) => {
      void local.answer(req).then(({ status, headers, body }) => res.writeHead(status, headers).end(body));
    });
    const local = new LocalKinesis(kinesalite, front);
    await listening(front);
    return local;
  }

  url(settings = ''): string {
    const endpoint = encodeURIComponent(`http://127.0.0.1:${portOf(this.front)}`);
    return `kinesis://eu-central-1?endpoint=${endpoint}&pollMs=2${settings}`;
  }

  async stop(): Promise<void> {
    for (const server of [this.front, this.kinesalite]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private async answer(req: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const action = String(req.headers[TARGET]).split('.')[1]!;
    const body = JSON.parse(bytes.toString()) as Body;
    this.calls.push({ action, body });
    const struck = this.strike(action, body);
    if (struck) {
      if (struck.after) await this.forward(req, action, bytes);
      const text = JSON.stringify({ __type: struck.type, message: 'struck by a test' });
      return { status: struck.status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: text };
    }
    if (action === 'GetShardIterator' && body['ShardIteratorType'] === 'AT_TIMESTAMP')
      return this.atTimestamp(req, body);
    const answer = await this.forward(req, action, bytes);
    if (action === 'GetRecords' && answer.status === 200) {
      const got = JSON.parse(answer.body) as Body;
      const wasCut = (got['Records'] as unknown[]).length === body['Limit'];
      if (wasCut) answer.body = JSON.stringify({ ...got, MillisBehindLatest: 1 });
    }
    return answer;
  }

  /** Gets the end first and then scans all records: a record that arrives in between is after both. */
  private async atTimestamp(req: IncomingMessage, body: Body): Promise<Answer> {
    const place = { StreamName: body['StreamName'], ShardId: body['ShardId'] };
    const iterator = (start: Body): Promise<Answer> =>
      this.forward(req, 'GetShardIterator', Buffer.from(JSON.stringify({ ...place, ...start })));
    const latest = await iterator({ ShardIteratorType: 'LATEST' });
    const { ShardIterator } = JSON.parse(
      (await iterator({ ShardIteratorType: 'TRIM_HORIZON' })).body,
    ) as Body;
    const all = await this.forward(req, 'GetRecords', Buffer.from(JSON.stringify({ ShardIterator })));
    const { Records = [] } = JSON.parse(all.body) as {
      Records?: { SequenceNumber: string; ApproximateArrivalTimestamp: number }[];
    };
    const at = Records.find((one) => one.ApproximateArrivalTimestamp >= Number(body['Timestamp']));
    if (!at) return latest;
    return iterator({
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      StartingSequenceNumber: at.SequenceNumber,
    });
  }

  private forward(req: IncomingMessage, action: string, bytes: Buffer): Promise<Answer> {
    const headers = {
      ...req.headers,
      [TARGET]: `Kinesis_20131202.${action}`,
      'content-length': bytes.byteLength,
    };
    return new Promise((resolve, reject) => {
      const options = { port: portOf(this.kinesalite), host: '127.0.0.1', method: 'POST', headers };
      const forwarded = httpRequest(options, (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('end', () =>
          resolve({
            status: res.statusCode!,
            headers: { 'content-type': String(res.headers['content-type']) },
            body: Buffer.concat(parts).toString(),
          }),
        );
      });
      forwarded.on('error', reject);
      forwarded.end(bytes);
    });
  }
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
