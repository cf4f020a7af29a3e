import { Writable } from 'node:stream';
import { Progress } from './progress.js';

it('goes on when nobody reads any more', async () => {
  const out = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write EPIPE')) });
  const closed = new Promise((resolve) => out.once('close', resolve));
  const progress = new Progress(out as NodeJS.WriteStream);
  progress.line('the game begins');
  await closed;
  progress.line('Final standings');
});
