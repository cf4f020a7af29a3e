import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { eachRequest, listening } from './raw-server.js';
import { RIGHT, answer, type Listening } from './row.js';

/** PEM. */
export interface Certificate {
  key: Buffer;
  cert: Buffer;
}

let made: Certificate | undefined;

/**
 * A server with a self-signed certificate, and copies of it as a chain. Needs openssl.
 * @param extra number of further certificates it sends
 */
export function untrustedTls(extra: number): Promise<Listening> {
  const { key, cert } = (made ??= selfSigned());
  const chain = Buffer.concat(Array<Buffer>(extra + 1).fill(cert));
  const server = createServer({ key, cert: chain }, (socket) => {
    socket.on('error', () => undefined);
    eachRequest(socket, () => socket.write(answer(RIGHT)));
  });
  return listening(server, 'https');
}

/** A fresh self-signed certificate for loopback: trusting it means trusting that server. Needs openssl. */
export function selfSigned(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'payday-tls-'));
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', keyPath, '-out', certPath],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    return { key: readFileSync(keyPath), cert: readFileSync(certPath) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
