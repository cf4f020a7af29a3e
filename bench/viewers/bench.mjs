import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbeddedPostgres, openDatabase } from '#persistence';
import { cpuSeconds } from '../engines/cpu.mjs';
import { launch, until } from '../harness/launcher.mjs';
import { summary } from '../harness/stats.mjs';

export const name = 'viewers';
export const description =
  'frames to viewers per CPU-second, and what a game asks of the database: for docs/deploy.md';

const root = fileURLToPath(new URL('../..', import.meta.url));
const VIEWERS = 500;

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const runs = quick ? 2 : 3;
  const seconds = quick ? 6 : 12;
  const deliveries = [];
  const bytes = [];
  const commits = [];
  for (let turn = 1; turn <= runs; turn++) {
    progress(`run ${turn} of ${runs}`);
    const game = await launch(['--scenario', join(root, 'scenarios/demo.yaml')]);
    const viewers = fork(join(root, 'bench/viewers/viewers.mjs'), [game.url, String(VIEWERS)], {
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    try {
      await until(60_000, async () => {
        const response = await fetch(`${game.url}/api/v1/standings`);
        const { standings } = await response.json();
        return standings.length > 0 && standings.every(({ salaryCents }) => salaryCents !== 0) ? true : null;
      });
      const without = await cpuDuring(game.pid, seconds);
      await ask(viewers, 'connect');
      const before = await ask(viewers, 'count');
      const used = await cpuDuring(game.pid, seconds);
      const after = await ask(viewers, 'count');
      deliveries.push((after.frames - before.frames) / Math.max(0.01, used - without));
      bytes.push((after.bytes - before.bytes) / Math.max(1, after.frames - before.frames));
      commits.push(await commitsPerSecond(join(game.data, 'postgres'), seconds));
    } finally {
      viewers.kill('SIGKILL');
      await game.stop();
    }
  }
  const figure = (text, unit, values) => ({
    figure: text,
    unit,
    ours: summary(values),
    peer: null,
    ratio: null,
    runs,
  });
  yield figure(`frames delivered to ${VIEWERS} viewers of a game with 8 teams`, 'frames/CPU-s', deliveries);
  yield figure('size of a frame, 8 teams', 'bytes', bytes);
  yield figure('transactions of a game with 8 teams on one partition', '1/s', commits);
}

async function cpuDuring(pid, seconds) {
  const before = cpuSeconds(pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return cpuSeconds(pid) - before;
}

async function ask(child, what) {
  child.send(what);
  return new Promise((resolve) => child.once('message', resolve));
}

async function commitsPerSecond(dataDir, seconds) {
  const postgres = await openEmbeddedPostgres({ dataDir });
  const dataSource = await openDatabase(postgres.databaseUrl, { poolSize: 1 });
  const count = async () =>
    Number(
      (
        await dataSource.query('SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()')
      )[0].xact_commit,
    );
  try {
    const before = await count();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return ((await count()) - before) / seconds;
  } finally {
    await dataSource.destroy();
    await postgres.close();
  }
}
