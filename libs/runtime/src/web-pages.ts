import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PaydayError } from '#kernel';

/** Where the build puts the pages, relative to the built and to the source tree. */
const CANDIDATES = ['../../../apps/web/public', '../../../dist/apps/web/public'];

/**
 * Serves the pages at `/`. Files with a content hash in their name may be cached indefinitely.
 * @throws PaydayError `web_not_built`
 */
export async function serveWebPages(app: NestFastifyApplication): Promise<void> {
  const root = CANDIDATES.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) =>
    existsSync(join(path, 'index.html')),
  );
  if (root === undefined)
    throw new PaydayError('web_not_built', 'the pages are not built yet: run npm run build');
  // Loaded lazily: only processes that serve pages need it.
  const { default: fastifyStatic } = await import('@fastify/static');
  await app.register(
    fastifyStatic as never,
    {
      root,
      index: ['index.html'],
      // A page's address has no extension: /referee is referee.html.
      extensions: ['html'],
      cacheControl: false,
      setHeaders: (
        reply: { header?(n: string, v: string): void; setHeader?(n: string, v: string): void },
        path: string,
      ) => {
        const value = path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
        (reply.setHeader ?? reply.header)?.call(reply, 'cache-control', value);
      },
    } as never,
  );
}
