// Builds the Toxiproxy server that the tests of its driver break, once, into .cache: needs Go >= 1.19. Prints its path.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The newest version that Go 1.19, which Debian 12 has, can build. */
const VERSION = 'v2.8.0';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, '.cache', `toxiproxy-${VERSION}`);
const server = join(folder, 'server');

if (!existsSync(server)) {
  // Built beside it, then renamed: another process may be building or running it.
  const scratch = join(folder, `build-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  const { status, error } = spawnSync(
    'go',
    ['install', `github.com/Shopify/toxiproxy/v2/cmd/server@${VERSION}`],
    {
      cwd: scratch,
      env: { ...process.env, GOBIN: scratch, CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 600_000,
    },
  );
  if (status === 0) renameSync(join(scratch, 'server'), server);
  rmSync(scratch, { recursive: true, force: true });
  if (status !== 0) {
    process.stderr.write(
      `cannot build Toxiproxy: ${error?.code === 'ENOENT' ? 'there is no go; install golang' : (error?.message ?? 'go install failed')}\n`,
    );
    process.exit(1);
  }
}
process.stdout.write(`${server}\n`);
