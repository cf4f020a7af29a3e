import { openAwsFisStandIn } from '../testing/aws-fis-stand-in.js';
import { CREDENTIALS } from '../conformance/aws-fis-subject.js';
import type { FaultOrder } from '../driver.js';
import { AwsFisDriver } from './aws-fis.js';

const signal = (ms = 5_000) => AbortSignal.timeout(ms);
const order = (id: string, template = 'stop-instances'): FaultOrder => ({
  id: `${id}/fenrir`,
  kind: 'aws-fis',
  teamId: 'fenrir',
  serviceId: 'catalog',
  params: { template },
  ttlMs: 60_000,
});

describe('AWS FIS driver', () => {
  let account: Awaited<ReturnType<typeof openAwsFisStandIn>>;
  beforeEach(async () => {
    account = await openAwsFisStandIn(['EXT123']);
  });
  afterEach(() => account.close());
  const process = () => new AwsFisDriver({ pollMs: 5, client: { credentials: CREDENTIALS } });
  const target = () => ({
    teamId: 'fenrir',
    awsFis: {
      default: {
        region: 'eu-central-1',
        templates: { 'stop-instances': 'EXT123', 'not-there': 'EXT999' },
        endpoint: `http://127.0.0.1:${account.port}`,
      },
    },
  });

  it('starts an experiment once, and another process finds it on a later page', async () => {
    await process().fire(target(), order('storm'), signal());
    await process().fire(target(), order('storm'), signal());
    expect(account.experiments).toHaveLength(1);
    expect(account.experiments[0]!.tags).toEqual({ 'payday:fault': 'storm/fenrir' });
    for (let i = 0; i < 5; i++) await process().fire(target(), order(`later-${i}`), signal());
    expect(await process().confirm(target(), order('storm'), signal())).toBe('active');
    await process().revert(target(), order('storm'), signal());
    expect(account.experiments.map(({ status }) => status)).toEqual(['stopped', ...Array(5).fill('pending')]);
    expect(await process().verify(target(), order('storm'), signal())).toBe('gone');
  });

  it('reports why an experiment failed, as not retryable', async () => {
    const driver = process();
    await driver.fire(target(), order('storm'), signal());
    Object.assign(account.experiments[0]!, {
      status: 'failed',
      reason: 'Target resolution returned empty set',
    });
    await expect(driver.confirm(target(), order('storm'), signal())).rejects.toMatchObject({
      code: 'experiment_failed',
      retryable: false,
      message: expect.stringContaining('empty set'),
    });
    expect(await driver.verify(target(), order('storm'), signal())).toBe('gone');
  });

  it('refuses templates missing from the targets or the account, as not retryable', async () => {
    await expect(process().fire(target(), order('a', 'typo'), signal())).rejects.toMatchObject({
      code: 'unknown_template',
      retryable: false,
      message: expect.stringContaining('stop-instances, not-there'),
    });
    await expect(process().fire(target(), order('a', 'not-there'), signal())).rejects.toMatchObject({
      code: 'fault_refused',
      retryable: false,
      message: expect.stringContaining('404 ResourceNotFoundException'),
    });
    const stranger = new AwsFisDriver({
      client: { credentials: { ...CREDENTIALS, accessKeyId: 'AKIAOTHER' } },
    });
    await expect(stranger.fire(target(), order('a'), signal())).rejects.toMatchObject({ retryable: false });
    expect(account.experiments).toEqual([]);
  });
});
