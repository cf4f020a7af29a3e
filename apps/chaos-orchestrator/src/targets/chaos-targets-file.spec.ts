import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChaosTargetsFile } from './chaos-targets-file.js';
import { joinTargets } from './fault-targets.js';

const folder = mkdtempSync(join(tmpdir(), 'payday-targets-'));
const path = join(folder, 'targets.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

const TEXT = `
probers: [{ url: http://prober-1:9000, tokenEnv: AGENT_TOKEN }]
default: { webhook: { url: https://hooks.example/, secretEnv: HOOK_SECRET } }
teams: { fenrir: { default: { toxiproxy: { url: http://toxiproxy:8474, proxy: fenrir } } } }
`;
const env = { AGENT_TOKEN: 't0ken', HOOK_SECRET: 'whsec_c2VjcmV0' };

describe('chaos targets from a file', () => {
  it('have the drivers’ format, with the probers’ tokens from the environment', () => {
    writeFileSync(path, TEXT);
    expect(ChaosTargetsFile.read(path, env).targetOf('g', 'fenrir')).toMatchObject({
      teamId: 'fenrir',
      probers: [{ agentUrl: 'http://prober-1:9000', token: 't0ken' }],
      webhook: { default: { secretEnv: 'HOOK_SECRET' } },
      toxiproxy: { default: { proxy: 'fenrir' } },
    });
  });

  it('are refused if the file, a team or a secret is missing', () => {
    writeFileSync(path, TEXT);
    expect(() => ChaosTargetsFile.read(join(folder, 'none.yaml'), env)).toThrow(
      expect.objectContaining({ code: 'unreadable_file' }),
    );
    expect(() => ChaosTargetsFile.read(path, env, { teamIds: ['fenris'] })).toThrow(
      expect.objectContaining({
        code: 'invalid_chaos_targets',
        message: expect.stringMatching(/^targets\.yaml:4:10 teams\.fenrir: .*fenris/),
      }),
    );
    expect(() => ChaosTargetsFile.read(path, { AGENT_TOKEN: '' })).toThrow(
      'names environment variables that are not set: AGENT_TOKEN, HOOK_SECRET',
    );
  });

  it('are combined with the other targets of a team', () => {
    const nothing = { targetOf: () => null };
    const sandbox = { agentUrl: 'http://127.0.0.1:1', token: 'x' };
    const sandboxes = { targetOf: (_gameId: string, teamId: string) => ({ teamId, sandbox }) };
    writeFileSync(path, TEXT);
    const file = ChaosTargetsFile.read(path, env);
    expect(joinTargets(nothing, nothing).targetOf('g', 'fenrir')).toBeNull();
    expect(joinTargets(sandboxes, file, nothing).targetOf('g', 'fenrir')).toMatchObject({
      sandbox,
      toxiproxy: { default: { proxy: 'fenrir' } },
    });
    const own = { agentUrl: 'http://127.0.0.1:2', token: 'y' };
    const ours = { targetOf: (_gameId: string, teamId: string) => ({ teamId, probers: [own] }) };
    expect(joinTargets(file, ours).targetOf('g', 'fenrir')?.probers).toEqual([
      { agentUrl: 'http://prober-1:9000', token: 't0ken' },
      own,
    ]);
  });
});
