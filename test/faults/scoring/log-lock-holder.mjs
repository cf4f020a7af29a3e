// Holds the write lock of an LMDB environment for as long as its parent wants: nobody can append meanwhile, but everybody
// can read. Each line on standard input takes the lock (answered by "held") or, while it is held, gives it back ("free").
import { readSync, writeSync } from 'node:fs';
import { open } from 'lmdb';

const db = open({
  path: process.argv[2],
  noSubdir: false,
  mapSize: 1024 ** 3,
  encoding: 'binary',
  overlappingSync: false,
  eventTurnBatching: false,
});
const byte = Buffer.alloc(1);

/** Blocks until the parent writes. Ends with the parent. */
function awaitParent() {
  for (;;) {
    try {
      if (readSync(0, byte, 0, 1, null) === 0) process.exit(0);
      return;
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

for (;;) {
  awaitParent();
  db.transactionSync(() => {
    writeSync(1, 'held\n');
    awaitParent();
  });
  writeSync(1, 'free\n');
}
