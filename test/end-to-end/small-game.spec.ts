import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GameProcess } from '../support/game-process.js';
import { useGameFolder } from '../support/use-game-folder.js';

const folder = useGameFolder();

/** The minimum of a scenario: it does without three of the bots' services. */
const SCENARIO = `
id: small
name: Small
duration: 3s
seed: small
services:
  - id: router
    letter: R
    checks:
      - { id: rental, weight: 1, request: { path: '/rentals/sparkle?days=1' } }
probing: { timeout: 1s }
pay:
  window: 1s
  speedBands: [{ upTo: 1s, cents: 10 }]
  failureCents: -5
load:
  - { at: 0s, label: Quiet, requestsPerSecond: { router: 3 } }
`;

it('bots play a game with fewer services than they have', async () => {
  const scenario = join(folder().path, 'small.yaml');
  writeFileSync(scenario, SCENARIO);
  const game = await GameProcess.start(folder(), [
    '--scenario',
    scenario,
    '--teams',
    '2',
    '--exit-at-end',
    '--log-level',
    'error',
  ]);
  expect(await game.exited).toEqual({ code: 0, signal: null });
  expect(game.stderr).toBe('');
  expect(game.stdout.match(/\$0\.\d\d$/gm)).toHaveLength(2);
});
