import type { FailureSample, LedgerReason, Role } from '#contracts';
import { Accumulator, compareSamples, readOptional, writeOptional } from './accumulator.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { encodeHistogram } from './histogram.js';
import type { CompiledPay } from './pay.js';
import type { LedgerKey, LedgerRow, ScoringOutputs } from './types.js';

interface ServiceWindow {
  accumulators: Accumulator[];
  /** Cents of the downtime row in the ledger; null: there is none. */
  emittedDowntime: number | null;
}

/** What a window needs to know of its surroundings when it settles its rows. */
export interface WindowContext {
  pay: CompiledPay;
  gameId: string;
  teamId: string;
  startAt: number;
  paused: boolean;
  closed: boolean;
}

/** One window of one team: the counts behind its ledger rows, and which rows the ledger holds. */
export class TeamWindow {
  private readonly services: ServiceWindow[];
  dirty = false;

  constructor(
    readonly index: number,
    pay: CompiledPay,
  ) {
    this.services = pay.services.map(() => ({ accumulators: [], emittedDowntime: null }));
  }

  accumulator(service: number, role: Role, counterpartyId: string, pay: CompiledPay): Accumulator {
    const { accumulators } = this.services[service]!;
    for (const found of accumulators) {
      if (found.role === role && found.counterpartyId === counterpartyId) return found;
    }
    const made = new Accumulator(role, counterpartyId, pay.bandCents.length);
    accumulators.push(made);
    return made;
  }

  /** Good answers' latencies of a service's own customers, merged into `into`. */
  mergeLatencies(service: number, into: { merge(other: Accumulator['latencies']): void }): void {
    for (const acc of this.services[service]!.accumulators)
      if (acc.role === 'consumer') into.merge(acc.latencies);
  }

  /** Brings the ledger in line with the counts. @returns by how many cents the salary changes. */
  settle(context: WindowContext, outputs: Pick<ScoringOutputs, 'ledger' | 'removed'>): number {
    let delta = 0;
    for (let service = 0; service < this.services.length; service++) {
      delta += this.settleService(service, context, outputs);
    }
    return delta;
  }

  private settleService(
    service: number,
    context: WindowContext,
    outputs: Pick<ScoringOutputs, 'ledger' | 'removed'>,
  ): number {
    const { pay, teamId, paused } = context;
    const state = this.services[service]!;
    let delta = 0;
    let ok = 0;
    let failed = 0;
    for (const acc of state.accumulators) {
      const accOk = acc.ok;
      const consumer = acc.role === 'consumer';
      if (consumer) {
        ok += accOk;
        failed += acc.failed;
      }
      const served =
        paused || accOk === 0
          ? null
          : consumer
            ? pay.servedCents(service, acc.bands, acc.counterpartyId !== teamId)
            : pay.usageFeeCents(service, accOk);
      if (acc.dirty || served !== acc.emittedServed) {
        delta += this.put(
          context,
          outputs,
          service,
          consumer ? 'served' : 'usage_fee',
          acc.counterpartyId,
          acc.emittedServed,
          served,
          () => ({
            count: accOk,
            histogram: encodeHistogram(acc.latencies),
          }),
        );
        acc.emittedServed = served;
      }
      const failure = paused || acc.failed === 0 || !consumer ? null : pay.failedCents(service, acc.failed);
      if (acc.dirty || failure !== acc.emittedFailed) {
        delta += this.put(
          context,
          outputs,
          service,
          'failed',
          acc.counterpartyId,
          acc.emittedFailed,
          failure,
          () => ({
            count: acc.failed,
            samples: acc.samples.map(({ proberId: _, ...sample }) => sample),
          }),
        );
        acc.emittedFailed = failure;
      }
      acc.dirty = false;
    }
    const downtime = paused || !context.closed ? null : pay.downtimeCents(service, ok, failed);
    const before = state.emittedDowntime;
    if (downtime !== null || before !== null) {
      delta += this.put(context, outputs, service, 'downtime', teamId, before, downtime, () => ({
        count: 1,
        note: downtimeNote(ok, failed, pay.rules.downtime.belowAvailabilityPercent),
        samples: this.earliestSamples(service),
      }));
      state.emittedDowntime = downtime;
    }
    return delta;
  }

  private put(
    context: WindowContext,
    outputs: Pick<ScoringOutputs, 'ledger' | 'removed'>,
    service: number,
    reason: LedgerReason,
    counterparty: string,
    before: number | null,
    cents: number | null,
    details: () => { count: number; histogram?: Uint8Array; samples?: FailureSample[]; note?: string },
  ): number {
    const key: LedgerKey = {
      gameId: context.gameId,
      teamId: context.teamId,
      windowIndex: this.index,
      serviceId: context.pay.services[service]!.id,
      reason,
      counterparty,
    };
    if (cents === null) {
      if (before !== null) outputs.removed.push(key);
    } else {
      const { count, histogram = null, samples = [], note = '' } = details();
      const row: LedgerRow = {
        ...key,
        windowStartAt: context.startAt,
        count,
        cents,
        histogram,
        samples,
        note,
      };
      outputs.ledger.push(row);
    }
    return (cents ?? 0) - (before ?? 0);
  }

  private earliestSamples(service: number): FailureSample[] {
    return this.services[service]!.accumulators.filter((acc) => acc.role === 'consumer')
      .flatMap((acc) => acc.samples)
      .sort(compareSamples)
      .slice(0, 1)
      .map(({ proberId: _, ...sample }) => sample);
  }

  encode(): Uint8Array {
    const out = new ByteWriter();
    for (const state of this.services) {
      writeOptional(out, state.emittedDowntime);
      out.uint(state.accumulators.length);
      for (const acc of state.accumulators) acc.write(out);
    }
    return out.finish();
  }

  static decode(index: number, bytes: Uint8Array, pay: CompiledPay): TeamWindow {
    const from = new ByteReader(bytes);
    const out = new TeamWindow(index, pay);
    for (const state of out.services) {
      state.emittedDowntime = readOptional(from);
      for (let n = from.uint(); n > 0; n--)
        state.accumulators.push(Accumulator.read(from, pay.bandCents.length));
    }
    return out;
  }
}

function downtimeNote(ok: number, failed: number, limitPercent: number): string {
  const perMille = Math.floor((ok * 1000) / (ok + failed));
  const shown = `${Math.floor(perMille / 10)}.${perMille % 10}`;
  return `availability ${shown} % of ${ok + failed} requests, below ${limitPercent} %`;
}
