#!/usr/bin/env node
import { run } from './run.js';

let broken: Error | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that closes the pipe early (`| head`) has what it wanted.
  if (broken === undefined && error.code !== 'EPIPE') {
    process.stderr.write(`payday: cannot write the output: ${error.message}\n`);
    process.exitCode = 1;
  }
  broken ??= error;
});

/** `npx payday …` */
try {
  process.exitCode = (await run(process.argv.slice(2))) || process.exitCode;
} catch (error) {
  if (error !== broken) throw error;
}
