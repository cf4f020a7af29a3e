import { Writable } from 'node:stream';
import { run } from '../run.js';
import { COMMANDS, commandOf } from './index.js';

async function payday(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      out += String(chunk);
      done();
    },
  });
  const code = await run(args, { stdout, stderr: stdout });
  return { code, out: out.replace(/\s+/g, ' ') };
}

describe('payday', () => {
  it('lists every command', async () => {
    const { code, out } = await payday('--help');
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) expect(out).toContain(` ${name} ${summary}`);
  });

  it.each(COMMANDS.map(({ name }) => name))('%s --help: of that command', async (name) => {
    const { code, out } = await payday(name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: payday ${name} `);
  });

  it('knows every service that can be run by its name', async () => {
    const services = /Services: ([^.]+)\./.exec((await payday('run', '--help')).out)?.[1];
    expect(COMMANDS.find(({ name }) => name === 'run')!.summary).toContain(`as this process: ${services}. `);
  });

  it('suggests a command, also one that is not loaded', async () => {
    const { code, out } = await payday('rescor');
    expect(code).toBe(2);
    expect(out).toContain('Did you mean rescore?');
  });

  it.each([
    [['chaos', 'list', '--json'], 'chaos'],
    [['help', 'audit'], 'audit'],
    [['--json', 'token'], 'token'],
    [['run', 'audit'], 'run'],
    [['--help'], undefined],
    [['help'], undefined],
  ])('%j is about %s', (argv, name) => expect(commandOf(argv)?.name).toBe(name));
});
