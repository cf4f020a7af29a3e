import type { LocalKafka } from '#testing';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import { sleep } from '../../support/wait.js';
import type { LogLoad } from './log-load.js';

/** After the fault, how long each partition took to handle a record again; ms, sorted. */
export type Recoveries = number[];

/** SIGKILL, then a restart on the same data. */
export async function killBroker(load: LogLoad, kafka: LocalKafka, kills: number): Promise<Recoveries> {
  const recoveries: Recoveries = [];
  for (let kill = 0; kill < kills; kill++) {
    await sleep(1_000);
    await kafka.kill();
    await kafka.restart();
    recoveries.push(...(await load.recovered()));
  }
  return recoveries.sort((a, b) => a - b);
}

/** Every connection stays open, but no bytes pass. */
export async function halfOpen(load: LogLoad, proxy: TcpProxy, forMs: number): Promise<Recoveries> {
  await sleep(500);
  proxy.holdTraffic();
  await sleep(forMs);
  proxy.release();
  return load.recovered();
}

/** Members join and leave in turn; there are always two or three of them. */
export async function comeAndGo(load: LogLoad, changes: number, everyMs: number): Promise<Recoveries> {
  const recoveries: Recoveries = [];
  for (let change = 0; change < changes; change++) {
    await sleep(everyMs);
    const changing = load.members > 2 ? load.leave() : load.join();
    recoveries.push(...(await load.recovered()));
    await changing;
  }
  return recoveries.sort((a, b) => a - b);
}
