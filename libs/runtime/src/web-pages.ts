import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PaydayError } from '#kernel';

/** Where the build puts the pages, seen from the built as well as from the source tree. */
const CANDIDATES = ['../../../apps/web/public', '../../../dist/apps/web/public'];

/**
 * Serves the pages at `/`. Files whose name holds a hash of their content may be cached for ever.
 * @throws PaydayError `web_not_built`
 */
export async function serveWebPages(app: NestFastifyApplication): Promise<void> {
  const root = CANDIDATES.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) =>
    existsSync(join(path, 'index.html')),
  );
  if (root === undefined)
    throw new PaydayError('web_not_built', 'the pages are not built yet: run npm run build');
  // Only who serves pages needs it.
  const { default: fastifyStatic } = await import('@fastify/static');
  await app.register(
    fastifyStatic as never,
    {
      root,
      index: ['index.html'],
      // A page's address has no ending: /referee is referee.html.
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
