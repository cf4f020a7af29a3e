import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compressScenario, parseScenario } from '#scenario';
import { FAULT_RULES } from './fault-kinds.js';
import { planGame } from './game-plan.js';

const SCENARIOS = fileURLToPath(new URL('../../../scenarios', import.meta.url));
const shipped = readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml'));
const folder = mkdtempSync(join(tmpdir(), 'payday-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What control makes of what the director sends. */
const received = (file: object) => parseScenario(JSON.stringify(file), 'scenario', FAULT_RULES);

it.each(shipped)('%s is the same scenario after its way over the API', (name) => {
  for (const speed of [1, 1.5]) {
    const plan = planGame({ scenario: join(SCENARIOS, name), teams: 2, teamsFile: null, speed });
    expect(compressScenario(received(plan.scenarioFile), speed)).toEqual(plan.scenario);
  }
});

it('a scenario without an id keeps the one that its file name gives', () => {
  const path = join(folder, 'tiny-game.yaml');
  const text =
    'name: Tiny\nduration: 10m\nservices: [{ id: a, checks: [{ id: c, request: { path: / } }] }]\nload: [{ at: 0, label: x, requestsPerSecond: 1 }]\n';
  writeFileSync(path, text);
  const plan = planGame({ scenario: path, teams: 2, teamsFile: null, speed: 1 });
  expect(plan.scenario).toMatchObject({ id: 'tiny-game', seed: 'tiny-game' });
  expect(received(plan.scenarioFile)).toEqual(plan.scenario);
});
