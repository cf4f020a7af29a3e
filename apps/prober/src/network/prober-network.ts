import { networkInterfaces } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { messageOf, type Clock } from '#kernel';
import { AllowedRange, CLOCK, LOGGER, urlOf, type Logger } from '#runtime';
import { systemNames, type Names } from '../dns/index.js';
import { AddressGuard } from '../http/address-guard.js';
import { PROBER_OPTIONS, type ProberModuleOptions } from '../prober.module-definition.js';
import { PlatformAddresses } from './platform-addresses.js';

/** What a launcher may change while the prober runs, as text: restarted sandboxes have new ports. */
export interface AddressRules {
  allow: readonly string[];
  deniedOrigins: readonly string[];
}

/** How often the game's own names are looked up again. */
const REFRESH_MS = 10_000;

/** The prober's view of the network: how names resolve, and what may be called. */
@Injectable()
export class ProberNetwork {
  readonly guard: AddressGuard;
  readonly names: Names;
  /** Origins of the game itself, which no rule can allow. */
  private readonly own: string[];
  private denied: readonly string[];
  private readonly platform: PlatformAddresses;
  /** The names in the latest warning. */
  private warnedOf = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(PROBER_OPTIONS) { config, logUrl, listensAt }: ProberModuleOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { ingestUrl, databaseUrl, dnsServers: servers, dnsCanary, allow, deniedOrigins } = config;
    this.own = [ingestUrl, databaseUrl ?? [], logUrl ?? []].flat();
    if (listensAt !== undefined) this.own.push(originOf(listensAt));
    this.denied = deniedOrigins;
    const canary = dnsCanary === '' ? undefined : dnsCanary;
    this.names = systemNames({ servers, canary, ingestUrl }, clock);
    this.guard = new AddressGuard({ allow, deniedOrigins: [...this.own, ...this.denied] });
    this.platform = new PlatformAddresses(this.guard.own, {
      lookUp: async (name) => {
        const answer = await this.names.lookUpOwn(name);
        return answer.kind === 'found' ? answer.addresses.map(({ address }) => address) : null;
      },
      localAddresses: () =>
        Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
      nowMs: () => clock.monotonicMs(),
    });
  }

  /** Resolves when the first lookup of the game's own names has ended, with whatever result; then keeps them up to date. */
  async open(): Promise<void> {
    await this.refresh();
    void this.names.checkCanary().then((isFound) => {
      if (!isFound)
        this.logger.warn(
          'the DNS canary cannot be found; until it is, other teams’ names show whether DNS works',
        );
    });
    this.timer = setInterval(() => this.refreshLater(), REFRESH_MS).unref();
  }

  /** Adds an origin of the game itself that has just begun to listen. */
  addOwn(origin: string): void {
    this.own.push(origin);
    this.deny();
  }

  /** Replaces what may be called, and what belongs to the game besides its fixed origins. Ignores invalid rules, with an error in the log. */
  setRules({ allow, deniedOrigins }: AddressRules): void {
    try {
      this.guard.setAllowed(allow.map((text) => AllowedRange.parse(text)));
      this.denied = [...deniedOrigins];
      this.deny();
    } catch (error) {
      this.logger.error({ err: error }, `the new address rules are invalid: ${messageOf(error)}`);
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.names.close();
  }

  private deny(): void {
    this.guard.own.setOrigins([...this.own, ...this.denied]);
    this.refreshLater();
  }

  private async refresh(): Promise<void> {
    const unknown = (await this.platform.refresh()).join(', ');
    if (unknown !== '' && unknown !== this.warnedOf)
      this.logger.warn(`names of the game's own have no address, and are protected by name only: ${unknown}`);
    this.warnedOf = unknown;
  }

  private refreshLater(): void {
    void this.refresh().catch((err: unknown) =>
      this.logger.error({ err }, "the lookup of the game's own names failed"),
    );
  }
}

/** A listener on every address is denied on every address. */
function originOf({ host, port }: { host: string; port: number }): string {
  return host === '0.0.0.0' || host === '::' ? `http://0.0.0.0:${port}` : urlOf(host, port);
}
