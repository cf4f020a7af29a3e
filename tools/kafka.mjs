// npm run kafka [-- --port 9092 --data FOLDER --heap-mb 384]
// A real Apache Kafka on this machine for experiments: by Docker if an engine answers, else by Java 17 and Maven.
// Prints the URL for --log when it is up; Ctrl-C stops it. Exit codes: 0 stopped, 1 could not start, 2 bad usage.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));

function usage(message) {
  process.stderr.write(`${message}\nusage: npm run kafka -- [--port 9092] [--data FOLDER] [--heap-mb 384]\n`);
  process.exit(2);
}

function integer(name, text, min, max) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    usage(`--${name} is "${text}"; give an integer from ${min} to ${max}`);
  return value;
}

let options;
try {
  options = parseArgs({
    options: {
      port: { type: 'string', default: '9092' },
      data: { type: 'string', default: join(root, '.cache/kafka/data') },
      'heap-mb': { type: 'string', default: '384' },
    },
  }).values;
} catch (error) {
  usage(error.message);
}
const port = integer('port', options.port, 1, 65_535);
const heapMb = integer('heap-mb', options['heap-mb'], 128, 65_536);

if (!process.execArgv.includes('--conditions=source')) {
  const hooks = join(root, 'tools/typescript-hooks.mjs');
  const args = ['--conditions=source', '--import', hooks, self, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  // Ctrl-C in a terminal reaches the child directly; a second signal does no harm.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  process.exit(code ?? 1);
}

const { startKafka } = await import('../libs/testing/src/kafka/index.ts');
const say = (line) => process.stderr.write(`${line}\n`);
try {
  say(`starting Kafka on port ${port} …`);
  const kafka = await startKafka({ port, dataDir: resolve(options.data), heapMb, onProgress: say });
  say(`Kafka is up (by ${kafka.engine}, data in ${resolve(options.data)}); Ctrl-C stops it. Use it as:`);
  process.stdout.write(`${kafka.url}\n`);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      say('stopping …');
      void kafka.stop().then(() => process.exit(0));
    });
} catch (error) {
  say(error.message);
  process.exit(1);
}
