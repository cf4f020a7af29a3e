import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

/**
 * How the server answers a query: with an error code, with silence, with bytes that are not an answer, or with
 * records. `{ cname }` redirects to another name, whose records are included.
 */
export type Behaviour =
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'hang'
  | 'garbage'
  | { a?: readonly string[]; aaaa?: readonly string[]; cname?: string; ttl?: number };

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
const A = 1;
const CNAME = 5;
const AAAA = 28;

/** A DNS server on loopback (UDP, RFC 1035) whose answers a test sets, name by name. */
export class TestDnsServer {
  /** By name in lower case; a missing name does not exist. May be changed at any time. */
  readonly zone = new Map<string, Behaviour>();
  /** Every query, as `A name`. */
  readonly asked: string[] = [];
  private readonly socket = createSocket('udp4');

  private constructor() {
    this.socket.on('message', (query, from) => {
      const answer = this.answer(query);
      if (answer !== null) this.socket.send(answer, from.port, from.address);
    });
  }

  static async start(zone: Record<string, Behaviour> = {}): Promise<TestDnsServer> {
    const server = new TestDnsServer();
    for (const [name, behaviour] of Object.entries(zone)) server.zone.set(name, behaviour);
    await new Promise<void>((resolve) => server.socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  /** For `setServers`. */
  get address(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  private answer(query: Buffer): Buffer | null {
    const { name, type, end } = question(query);
    this.asked.push(`${type === A ? 'A' : 'AAAA'} ${name}`);
    const behaviour = this.zone.get(name.toLowerCase()) ?? 'NXDOMAIN';
    if (behaviour === 'hang') return null;
    // The right id, so that it does not pass for a stray packet.
    if (behaviour === 'garbage') return Buffer.concat([query.subarray(0, 2), Buffer.alloc(40, 0xff)]);
    const rcode = typeof behaviour === 'string' ? RCODES[behaviour] : 0;
    const records = typeof behaviour === 'string' ? [] : this.records(name, type, behaviour);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // A response, recursion desired and available.
    header.writeUInt16BE(0x8180 | rcode, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(12, end), ...records]);
  }

  private records(name: string, type: number, behaviour: Exclude<Behaviour, string>, depth = 0): Buffer[] {
    const { cname, ttl = 60 } = behaviour;
    if (cname !== undefined) {
      const next = this.zone.get(cname);
      const rest =
        next === undefined || typeof next === 'string' || depth > 8
          ? []
          : this.records(cname, type, next, depth + 1);
      return [record(name, CNAME, ttl, encodeName(cname)), ...rest];
    }
    const addresses = (type === A ? behaviour.a : type === AAAA ? behaviour.aaaa : undefined) ?? [];
    return addresses.map((address) => record(name, type, ttl, encodeAddress(address)));
  }
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

function encodeAddress(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  // The URL parser normalises the address; then the gap is filled.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((each) => parseInt(each, 16));
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}

function record(name: string, type: number, ttl: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), fixed, data]);
}
