import { networkInterfaces } from 'node:os';
import { messageOf, type Clock } from '#kernel';
import { AllowedRange, urlOf, type Logger } from '#runtime';
import type { ProberConfig } from '../config.js';
import { systemNames, type Names } from '../dns/index.js';
import { AddressGuard } from '../http/address-guard.js';
import { PlatformAddresses } from './platform-addresses.js';

export interface NetworkParts {
  clock: Clock;
  logger: Logger;
  /** Of the event log: its brokers are never called. */
  logUrl?: string | undefined;
  /** Where the prober itself listens. */
  listensAt?: { host: string; port: number } | undefined;
}

/** What a launcher may change while the prober runs, as text: sandboxes that were started again have other ports. */
export interface AddressRules {
  allow: readonly string[];
  deniedOrigins: readonly string[];
}

/** How the prober sees the network: where names lead, and what may be called. */
export interface ProberNetwork {
  guard: AddressGuard;
  names: Names;
  /** Something of the game's own that listens only now. */
  addOwn(origin: string): void;
  setRules(rules: AddressRules): void;
  close(): void;
}

/** The game's own names are looked up again so often. */
const REFRESH_MS = 10_000;

/** Resolves when the game's own names have been looked up for the first time, or could not be. */
export async function openNetwork(
  config: ProberConfig,
  { clock, logger, logUrl, listensAt }: NetworkParts,
): Promise<ProberNetwork> {
  const fixed = [config.ingestUrl, config.databaseUrl ?? [], logUrl ?? []].flat();
  if (listensAt !== undefined) fixed.push(originOf(listensAt));
  const names = systemNames(
    {
      servers: config.dnsServers,
      canary: config.dnsCanary === '' ? undefined : config.dnsCanary,
      ingestUrl: config.ingestUrl,
    },
    clock,
  );
  let denied = config.deniedOrigins;
  const guard = new AddressGuard({ allow: config.allow, deniedOrigins: [...fixed, ...denied] });
  const platform = new PlatformAddresses(guard.own, {
    lookUp: async (name) => {
      const answer = await names.lookUpOwn(name);
      return answer.kind === 'found' ? answer.addresses.map(({ address }) => address) : null;
    },
    localAddresses: () =>
      Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
    nowMs: () => clock.monotonicMs(),
  });
  let told = '';
  const refresh = async (): Promise<void> => {
    const unknown = (await platform.refresh()).join(', ');
    if (unknown !== '' && unknown !== told)
      logger.warn(`names of the game's own have no address, and are protected by name only: ${unknown}`);
    told = unknown;
  };
  const refreshLater = (): void =>
    void refresh().catch((err: unknown) => logger.error({ err }, "the game's own names were not looked up"));
  await refresh();
  void names.checkCanary().then((isFound) => {
    if (!isFound)
      logger.warn('the DNS canary cannot be found; until it is, other teams’ names tell whether DNS works');
  });
  const timer = setInterval(refreshLater, REFRESH_MS).unref();
  const deny = (): void => {
    guard.own.setOrigins([...fixed, ...denied]);
    refreshLater();
  };
  return {
    guard,
    names,
    addOwn: (origin) => {
      fixed.push(origin);
      deny();
    },
    setRules: ({ allow, deniedOrigins }) => {
      try {
        guard.setAllowed(allow.map((text) => AllowedRange.parse(text)));
        denied = [...deniedOrigins];
        deny();
      } catch (error) {
        logger.error({ err: error }, `new rules for addresses were not understood: ${messageOf(error)}`);
      }
    },
    close: () => {
      clearInterval(timer);
      names.close();
    },
  };
}

/** What listens on every address is denied on every address. */
function originOf({ host, port }: { host: string; port: number }): string {
  return host === '0.0.0.0' || host === '::' ? `http://0.0.0.0:${port}` : urlOf(host, port);
}
