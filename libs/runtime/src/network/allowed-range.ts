import { isIPv6 } from 'node:net';
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import { z } from 'zod';
import { PaydayError } from '#kernel';
import type { KeyType } from '../config/index.js';
import { addressKind, isIn } from './address-kind.js';

/** Non-public addresses that the organiser allows to be called: a range, optionally limited to one port. */
export class AllowedRange {
  private constructor(
    /** The original text. */
    readonly text: string,
    private readonly net: IPv4 | IPv6,
    private readonly bits: number,
    /** Null: every port. */
    private readonly port: number | null,
  ) {}

  /**
   * Reads `10.0.0.0/8`, `fd12::/16`, `10.1.2.3` (one address), and any of them with a port: `127.0.0.1:8080`, `[::1]:8080`,
   * `[fd12::/16]:443`.
   * @throws PaydayError `bad_range` with the problem and the accepted notation
   */
  static parse(text: string): AllowedRange {
    const refuse = (why: string): never => {
      throw new PaydayError('bad_range', `"${text}" ${why}`);
    };
    const [, bracketed, plain, portText] =
      /^(?:\[([0-9a-f:./]+)\]|([0-9a-f:./]+?))(?::(\d{1,5}))?$/i.exec(
        isBareIpv6(text) ? `[${text}]` : text,
      ) ?? [];
    const range = bracketed ?? plain ?? refuse(`is not a range of addresses; write ${EXAMPLES}`);
    const [address = '', bitsText, more] = range.split('/');
    const kind = addressKind(address);
    if (kind === null || more !== undefined || (bracketed !== undefined && !isIPv6(address)))
      return refuse(`is not a range of addresses; write ${EXAMPLES}`);
    if (kind.family === 4 && isIPv6(address))
      refuse(`is an IPv4 address in IPv6 notation; write ${kind.address}`);
    const most = kind.family === 4 ? 32 : 128;
    const bits = bitsText === undefined ? most : Number(bitsText);
    if (bitsText !== undefined && (!/^\d{1,3}$/.test(bitsText) || bits > most))
      refuse(`has a prefix that is not a number from 0 to ${most}`);
    const port = portText === undefined ? null : Number(portText);
    if (port !== null && (port < 1 || port > 65_535))
      refuse('has a port that is not a number from 1 to 65535');
    return new AllowedRange(text, ipaddr.parse(kind.address), bits, port);
  }

  /** @param address canonical, as `addressKind` gives it */
  covers(address: string, port: number): boolean {
    if (this.port !== null && this.port !== port) return false;
    return isIn(ipaddr.parse(address), this.net, this.bits);
  }
}

const EXAMPLES = '10.0.0.0/8, fd12::/16, 127.0.0.1:8080 or [::1]:8080';

function isBareIpv6(text: string): boolean {
  return isIPv6(text.split('/')[0]!);
}

/** A setting that holds a range of addresses. */
export function allowedRange(): KeyType<AllowedRange> {
  const schema = z.string().transform((text, context) => {
    try {
      return AllowedRange.parse(text);
    } catch (error) {
      if (!(error instanceof PaydayError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
  return { schema, allowed: `a range of addresses: ${EXAMPLES}`, placeholder: 'CIDR' };
}
