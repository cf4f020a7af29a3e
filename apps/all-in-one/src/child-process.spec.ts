import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '#runtime';
import { SupervisedChild } from './child-process.js';

const folder = mkdtempSync(join(tmpdir(), 'payday-child-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a child that the system could not start is tried again, and does not end us', async () => {
  const modulePath = join(folder, 'child.mjs');
  writeFileSync(modulePath, `process.on('disconnect', () => process.exit()); process.send('up');`);
  let starts = 0;
  let child: SupervisedChild | undefined;
  await new Promise<unknown>((onMessage) => {
    // One argument that is longer than any system takes.
    const args = (): string[] => (starts++ === 0 ? ['x'.repeat(8 << 20)] : []);
    const spec = { name: 'child', modulePath, args, env: () => ({}), onMessage };
    child = new SupervisedChild(spec, createLogger({ service: 'test', level: 'silent' }));
    child.start();
  });
  expect(starts).toBe(2);
  await child!.stop(1000);
  expect(child!.pid).toBeUndefined();
});
