import fc from 'fast-check';
import { AddressGuard } from './address-guard.js';
import { clip } from './clip.js';
import { NameCache } from './guarded-connector.js';

const open = new AddressGuard({ allowPrivateAddresses: true, deniedOrigins: [] });
const strict = new AddressGuard({ allowPrivateAddresses: false, deniedOrigins: [] });

describe('AddressGuard', () => {
  it.each([
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::1',
    'no address',
  ])('never allows %s', (address) => {
    expect(open.problem('name', address, 80)).toMatch(/^address not allowed/);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd12::1',
    '::ffff:10.0.0.1',
  ])('allows the private %s only where the policy says so', (address) => {
    expect(open.problem('name', address, 80)).toBeNull();
    expect(strict.problem('name', address, 80)).toMatch(/is private$/);
  });

  it.each(['93.184.216.34', '2606:2800:220:1::1', '172.32.0.1'])('allows the public %s', (address) => {
    expect(strict.problem('name', address, 80)).toBeNull();
  });

  it("knows the game's own origin under every name of the machine, and only its port", () => {
    const guard = new AddressGuard({
      allowPrivateAddresses: true,
      deniedOrigins: ['http://127.0.0.1:3000', 'https://game.example'],
      localAddresses: ['192.168.7.7', 'fd00::7'],
    });
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '192.168.7.7', 'fd00::7', '::ffff:127.0.0.1'])
      expect(guard.problem('name', address, 3000)).toMatch(/belongs to the game itself/);
    expect(guard.problem('GAME.example', '93.184.216.34', 443)).toMatch(/belongs to the game itself/);
    expect(guard.problem('127.0.0.1', '127.0.0.1', 3001)).toBeNull();
    expect(guard.problem('name', '192.168.7.8', 3000)).toBeNull();
  });

  it('says something about every address and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
        expect(['string', 'object']).toContain(typeof strict.problem('name', address, 80));
      }),
    );
  });
});

describe('NameCache', () => {
  it('asks once at a time, and again when the answer is old', async () => {
    let now = 0;
    let asked = 0;
    const lookup = ((_name: string, _options: unknown, done: (error: null, found: unknown[]) => void) => {
      asked++;
      setImmediate(() => done(null, [{ address: '10.0.0.1', family: 4 }]));
    }) as never;
    const names = new NameCache(() => now, lookup);
    await Promise.all([names.resolve('a'), names.resolve('a'), names.resolve('b')]);
    expect(asked).toBe(2);
    now = 4_999;
    await names.resolve('a');
    expect(asked).toBe(2);
    now = 5_000;
    await names.resolve('a');
    expect(asked).toBe(3);
  });

  it('goes on with what it knew while the resolver is held up, by other teams’ names maybe, or is in trouble', async () => {
    let now = 0;
    const answers: ((error: { code: string } | null, found?: unknown[]) => void)[] = [];
    const lookup = ((_name: string, _options: unknown, done: () => void) => answers.push(done)) as never;
    const names = new NameCache(
      () => now,
      lookup,
      async () => {},
    );
    const at = (address: string): { addresses: unknown[] } => ({ addresses: [{ address, family: 4 }] });
    const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const first = names.resolve('a');
    answers.shift()!(null, at('10.0.0.1').addresses);
    expect(await first).toEqual(at('10.0.0.1'));
    now += 5_000;
    expect(await names.resolve('a')).toEqual(at('10.0.0.1'));
    expect(await names.resolve('a')).toEqual(at('10.0.0.1'));
    expect(answers).toHaveLength(1);
    answers.shift()!({ code: 'EAI_AGAIN' });
    await settled();
    now += 1_000;
    expect(await names.resolve('a')).toEqual(at('10.0.0.1'));
    answers.shift()!(null, at('10.0.0.2').addresses);
    await settled();
    expect(await names.resolve('a')).toEqual(at('10.0.0.2'));
    now += 5_000;
    void names.resolve('a');
    answers.shift()!({ code: 'ENOTFOUND' });
    await settled();
    expect(await names.resolve('a')).toEqual({ error: { code: 'ENOTFOUND' } });
  });
});

describe('clip', () => {
  it('gives one line of bounded length without half characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const line = clip(text);
        expect(line.length).toBeLessThanOrEqual(200);
        // eslint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(line).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
      }),
    );
    expect(clip('GET /a\r\nb')).toBe('GET /a b');
  });
});
