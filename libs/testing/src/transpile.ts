import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Compiles libraries into a folder, so that a test can start a real process from the current sources.
 * Inside the folder, `#kernel` and the other imports resolve to the compiled copies; packages resolve if the folder is
 * inside the repository.
 */
export async function transpileLibs(libs: readonly string[], outDir: string): Promise<void> {
  const entries = libs.includes('kernel') ? [...libs, 'kernel/system'] : libs;
  const imports = Object.fromEntries(
    entries.map((entry) => [`#${entry}`, `./libs/${entry.replace(/^[^/]+/, '$&/src')}/index.js`]),
  );
  // Loaded lazily, because most users of this library compile nothing.
  const { transformFile } = await import('@swc/core');
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, 'package.json'), JSON.stringify({ type: 'module', imports }));
  for (const lib of libs) {
    const files = await readdir(join(ROOT, 'libs', lib, 'src'), { recursive: true, withFileTypes: true });
    for (const file of files) {
      if (!file.isFile() || !/(?<!\.d|\.spec)\.ts$/.test(file.name)) continue;
      const source = join(file.parentPath, file.name);
      const target = join(outDir, relative(ROOT, source)).replace(/\.ts$/, '.js');
      const { code } = await transformFile(source, SWC);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }
  }
}

const SWC = {
  swcrc: false,
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
} as const;
