import type { Experiment, ExperimentStatus, FisClient, FisClientConfig } from '@aws-sdk/client-fis';
import type { AwsFisPlace } from '#contracts';
import { messageOf, PaydayError } from '#kernel';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from '../driver.js';
import { EVERY_REQUEST_FAILS } from '../effect.js';
import type { FaultParams } from '../fault.js';
import { checkKindParams, type KindSpecs } from '../kind-spec.js';
import { pauseFor } from '../pause-for.js';
import { farName, hasPlace, placeOf } from '../places.js';

export const AWS_FIS_KINDS = {
  'aws-fis': {
    effect: 'whatever the experiment template does',
    params: {
      template: {
        pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
        says: 'the name of a template in the chaos targets',
      },
    },
    expects: () => EVERY_REQUEST_FAILS,
  },
} as const satisfies KindSpecs;

/** Tag that links an experiment to its fault, for a process that did not start it. */
const TAG = 'payday:fault';
/** Limit of the search for a fault's experiment, newest first: 20 pages of 100. */
const MAX_PAGES = 20;

const NOT_YET = new Set<string | undefined>(['pending', 'initiating']);
const OVER = new Set<string | undefined>(['completed', 'stopped', 'failed', 'cancelled']);

export interface AwsFisOptions {
  /** Poll interval while an experiment starts or stops. */
  pollMs?: number;
  /** For the client; by default it finds credentials as the AWS tools do. */
  client?: Pick<FisClientConfig, 'credentials'>;
}

/** The parts of the lazily loaded client package that the driver uses. */
type Fis = typeof import('@aws-sdk/client-fis');

/**
 * Runs experiments of AWS Fault Injection Service. A fault's id is the client token, which makes starting idempotent, and a
 * tag, by which another process finds the experiment. The API takes no time to live: the dead-man's timer is the duration
 * of the template's actions, so keep it near the `ttl` of the faults that use it.
 */
export class AwsFisDriver implements FaultDriver {
  readonly name = 'aws-fis';
  readonly kinds = Object.keys(AWS_FIS_KINDS);
  private readonly clients = new Map<string, FisClient>();
  /** Maps fault ids to experiment ids, for the experiments that this process has seen. */
  private readonly known = new Map<string, string>();

  constructor(private readonly options: AwsFisOptions = {}) {}

  checkParams(kind: string, params: FaultParams): void {
    checkKindParams(AWS_FIS_KINDS, kind, params);
  }

  reaches(target: FaultTarget, serviceId?: string): boolean {
    return hasPlace(target.awsFis, serviceId);
  }

  async fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    this.checkParams(order.kind, order.params);
    const { fis, client, place } = await this.reach(target, order);
    const template = String(order.params['template']);
    const experimentTemplateId = Object.hasOwn(place.templates, template)
      ? place.templates[template]
      : undefined;
    if (experimentTemplateId === undefined)
      throw new PaydayError(
        'unknown_template',
        `fault ${order.id}: the chaos targets have no template "${template}" here; there are: ${Object.keys(place.templates).join(', ')}`,
      );
    const command = new fis.StartExperimentCommand({
      clientToken: farName(order.id),
      experimentTemplateId,
      tags: { [TAG]: order.id },
    });
    const { experiment } = await calling(order, 'start', () => client.send(command, { abortSignal: signal }));
    if (experiment?.id !== undefined) this.remember(order.id, experiment.id);
  }

  /** Waits until the experiment runs. @throws PaydayError `not_running` (retryable) if `signal` aborts first */
  async confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    for (;;) {
      const state = (await this.find(target, order, signal))?.state;
      if (state?.status === 'failed')
        throw new PaydayError('experiment_failed', `fault ${order.id}: ${state.reason ?? 'it failed'}`);
      if (!NOT_YET.has(state?.status)) return presence(state?.status);
      await this.wait(order, signal, 'not_running', `the experiment is still ${state?.status}`);
    }
  }

  /** Stops the experiment and waits until it is over. */
  async revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    for (let isAsked = false; ;) {
      const experiment = await this.find(target, order, signal);
      const status = experiment?.state?.status;
      if (experiment === null || OVER.has(status)) return;
      if (status !== 'stopping' && !isAsked) {
        const { fis, client } = await this.reach(target, order);
        const command = new fis.StopExperimentCommand({ id: experiment.id });
        await calling(order, 'stop', () => client.send(command, { abortSignal: signal }));
        isAsked = true;
        continue;
      }
      await this.wait(order, signal, 'not_stopped', `the experiment is still ${status}`);
    }
  }

  async verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return presence((await this.find(target, order, signal))?.state?.status);
  }

  private async wait(order: FaultOrder, signal: AbortSignal, code: string, what: string): Promise<void> {
    if (!(await pauseFor(this.options.pollMs ?? 300, signal)))
      throw new PaydayError(code, `fault ${order.id}: ${what}`, { retryable: true });
  }

  /** Finds the fault's experiment by its id, if this process knows it, else by its tag. Null if there is none. */
  private async find(
    target: FaultTarget,
    order: FaultOrder,
    signal: AbortSignal,
  ): Promise<Pick<Experiment, 'id' | 'state'> | null> {
    const { fis, client } = await this.reach(target, order);
    const id = this.known.get(order.id);
    if (id !== undefined) {
      const command = new fis.GetExperimentCommand({ id });
      const found = await calling(order, 'read', () => client.send(command, { abortSignal: signal }));
      return found.experiment ?? null;
    }
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const command = new fis.ListExperimentsCommand({ maxResults: 100, nextToken });
      const listed = await calling(order, 'find', () => client.send(command, { abortSignal: signal }));
      const found = listed.experiments?.find(({ tags }) => tags?.[TAG] === order.id);
      if (found?.id !== undefined) {
        this.remember(order.id, found.id);
        return found;
      }
      if (!listed.nextToken) return null;
      nextToken = listed.nextToken;
    }
    throw new PaydayError(
      'too_many_experiments',
      `fault ${order.id}: not among the first ${MAX_PAGES * 100} experiments of the account, so it is unknown whether it runs`,
      { retryable: true },
    );
  }

  private remember(faultId: string, experimentId: string): void {
    this.known.set(faultId, experimentId);
    if (this.known.size > 10_000) this.known.delete(this.known.keys().next().value!);
  }

  private async reach(
    target: FaultTarget,
    order: FaultOrder,
  ): Promise<{ fis: Fis; client: FisClient; place: AwsFisPlace }> {
    const place = placeOf(target.awsFis, order, 'aws-fis');
    // Games without AWS need not load it.
    const fis = await import('@aws-sdk/client-fis').catch((cause: unknown) => {
      throw new PaydayError(
        'driver_client_missing',
        'the aws-fis driver needs its client: npm install @aws-sdk/client-fis',
        { cause },
      );
    });
    const { region, endpoint } = place;
    const key = `${region} ${endpoint ?? ''}`;
    let client = this.clients.get(key);
    if (client === undefined) {
      // The life cycle retries by itself.
      client = new fis.FisClient({ region, endpoint, maxAttempts: 1, ...this.options.client });
      this.clients.set(key, client);
    }
    return { fis, client, place };
  }
}

function presence(status: ExperimentStatus | undefined): Presence {
  return status === undefined || OVER.has(status) ? 'gone' : 'active';
}

async function calling<T>({ id }: FaultOrder, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const { name, $metadata } = (cause ?? {}) as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    if (name === 'CredentialsProviderError')
      throw new PaydayError('no_aws_credentials', `${what} fault ${id}: ${messageOf(cause)}`, { cause });
    if (status === undefined)
      throw new PaydayError('aws_unreachable', `${what} fault ${id}: ${messageOf(cause)}`, {
        retryable: true,
        cause,
      });
    throw new PaydayError(
      'fault_refused',
      `${what} fault ${id}: AWS FIS answered ${status} ${name ?? ''}: ${messageOf(cause)}`,
      { retryable: status >= 500 || status === 429 || /Throttl|QuotaExceeded/.test(name ?? ''), cause },
    );
  }
}
