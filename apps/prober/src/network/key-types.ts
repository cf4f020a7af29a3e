import { z } from 'zod';
import { addressKind, type KeyType } from '#runtime';
import { hostsOf } from './denied-origins.js';

/** An origin of something that listens: `http://control:3000`, `postgres://db:5432`, `kafka://a:9092`. */
export function origin(): KeyType<string> {
  return {
    schema: z.string().refine((text) => {
      try {
        return hostsOf(text).length > 0;
      } catch {
        return false;
      }
    }),
    allowed: 'an origin such as http://control:3000, postgres://db:5432 or kafka://broker:9092',
    placeholder: 'URL',
  };
}

/** `10.0.0.2`, `10.0.0.2:5353`, `[fd12::1]:53`. */
export function nameServer(): KeyType<string> {
  return {
    schema: z.string().refine((text) => {
      const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
      const address = bracketed ?? plain ?? text;
      return addressKind(address) !== null && Number(port) >= 1 && Number(port) <= 65_535;
    }),
    allowed: 'the address of a name server, optionally with a port: 10.0.0.2, 10.0.0.2:5353, [fd12::1]:53',
    placeholder: 'ADDRESS',
  };
}
