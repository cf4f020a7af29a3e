import { launch, until } from '../harness/launcher.mjs';
import { summary } from '../harness/stats.mjs';

export const name = 'boot';
export const description =
  'npm start until the first salary over HTTP: new data folder, and a data folder that exists';

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const runs = quick ? 3 : 5;
  const fresh = [];
  const again = [];
  for (let turn = 1; turn <= runs; turn++) {
    progress(`run ${turn} of ${runs}`);
    const first = await launch(['--scenario', 'scenarios/quick.yaml']);
    fresh.push(await firstSalary(first));
    await first.stop({ keepData: true });
    const second = await launch(['--scenario', 'scenarios/quick.yaml'], { data: first.data });
    again.push(await firstSalary(second));
    await second.stop();
  }
  yield {
    figure: 'launch to first salary, new data folder',
    unit: 's',
    ours: summary(fresh),
    peer: null,
    ratio: null,
    runs,
  };
  yield {
    figure: 'launch to first salary, data folder in use before',
    unit: 's',
    ours: summary(again),
    peer: null,
    ratio: null,
    runs,
  };
}

/** Seconds from the launch until `/api/v1/standings` shows a non-zero salary. */
async function firstSalary({ url, startedAt }) {
  await until(60_000, async () => {
    const response = await fetch(`${url}/api/v1/standings`);
    if (!response.ok) return null;
    const { game, standings } = await response.json();
    // With an existing data folder, the previous game is shown until the new one begins.
    if (game.state !== 'running') return null;
    return standings.some(({ salaryCents }) => salaryCents !== 0) ? true : null;
  });
  return (performance.now() - startedAt) / 1000;
}
