import { accessSync, constants } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser to drive: `CHROMIUM_PATH`, or where Linux distributions install it. Null if there is none. */
export function chromiumPath(): string | null {
  const named = process.env['CHROMIUM_PATH'];
  for (const path of named ? [named] : CANDIDATES) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Try the next one.
    }
  }
  return null;
}

/**
 * `describe`, which skips loudly without a Chromium, and fails under `CI=true`.
 */
export function describeWithChromium(name: string, define: (path: string) => void): void {
  const path = chromiumPath();
  if (path !== null) {
    describe(name, () => define(path));
    return;
  }
  const reason = `SKIPPED: ${name}: no Chromium found; install chromium, or set CHROMIUM_PATH`;
  if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(reason);
    });
    return;
  }
  process.stderr.write(`${reason}\n`);
  test.skip(name, () => undefined);
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGS });
}
