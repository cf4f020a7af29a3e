import type { FailureSample, LedgerReason, Role } from '#contracts';
import { Accumulator, compareSamples, readOptional, writeOptional } from './accumulator.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { encodeHistogram, type LatencyHistogram } from './histogram.js';
import type { CompiledPay } from './pay.js';
import type { RequestTally } from './request-tally.js';
import type { LedgerKey, LedgerRow, ScoringOutputs } from './types.js';

interface ServiceWindow {
  accumulators: Accumulator[];
  /** Cents of the downtime row in the ledger; null if there is none. */
  emittedDowntime: number | null;
  /** This window's share of the team's tally: requests that count, and how many of them were not scored. */
  tallied: { requests: number; unscored: number };
}

type RowOutputs = Pick<ScoringOutputs, 'ledger' | 'removed'>;

/** Reused: encoding is never re-entered. */
const windowWriter = new ByteWriter(64 * 1024);

/** The context in which a window settles its rows. */
export interface WindowContext {
  pay: CompiledPay;
  gameId: string;
  teamId: string;
  startAt: number;
  paused: boolean;
  /** Bit n: results of the team's own customers at its own service n do not score. */
  excused: number;
  closed: boolean;
  /** The team's tally; updated with the windows, as the salary is. */
  tally: RequestTally;
}

/** One window of one team: the counts behind its ledger rows, and which rows the ledger holds. */
export class TeamWindow {
  private readonly services: ServiceWindow[];
  dirty = false;

  constructor(
    readonly index: number,
    pay: CompiledPay,
  ) {
    this.services = pay.services.map(() => ({
      accumulators: [],
      emittedDowntime: null,
      tallied: { requests: 0, unscored: 0 },
    }));
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

  /** Appends the histograms of good answers to a service's own customers. */
  collectLatencies(service: number, into: LatencyHistogram[]): void {
    for (const acc of this.services[service]!.accumulators)
      if (acc.role === 'consumer') into.push(acc.latencies);
  }

  /** Updates the ledger to match the counts. @returns the change of the salary in cents. */
  settle(context: WindowContext, outputs: RowOutputs): number {
    let delta = 0;
    for (let service = 0; service < this.services.length; service++) {
      delta += this.settleService(service, context, outputs);
    }
    return delta;
  }

  private settleService(service: number, context: WindowContext, outputs: RowOutputs): number {
    const { pay, paused, teamId } = context;
    const excused = ((context.excused >> service) & 1) === 1;
    const state = this.services[service]!;
    let delta = 0;
    let ok = 0;
    let failed = 0;
    let unscored = 0;
    for (const acc of state.accumulators) {
      const accOk = acc.ok;
      const consumer = acc.role === 'consumer';
      const leftOut = paused || (excused && consumer && acc.counterpartyId === teamId);
      if (consumer && !leftOut) {
        ok += accOk;
        failed += acc.failed;
        unscored += acc.unscored;
      }
      this.settleUnscored(acc, accOk, service, leftOut || !consumer, context, outputs);
      delta += this.settleOk(acc, accOk, service, leftOut, context, outputs);
      const failure = leftOut || acc.failed === 0 || !consumer ? null : pay.failedCents(service, acc.failed);
      const before = acc.emittedFailed;
      if (failure !== null && (acc.failedDirty || failure !== before)) {
        const row = this.row(context, service, 'failed', acc.counterpartyId, acc.failed, failure);
        row.samples = acc.samples.map(({ sample }) => sample);
        outputs.ledger.push(row);
      } else if (failure === null && before !== null)
        outputs.removed.push(this.key(context, service, 'failed', acc.counterpartyId));
      delta += (failure ?? 0) - (before ?? 0);
      acc.emittedFailed = failure;
      acc.failedDirty = false;
    }
    const { tallied } = state;
    const requests = ok + failed + unscored;
    context.tally.add(service, requests - tallied.requests, unscored - tallied.unscored);
    state.tallied = { requests, unscored };
    return delta + this.settleDowntime(service, ok, failed, excused, context, outputs);
  }

  /**
   * Settles the row of requests that could not be judged. Only the consumer side has one, so that each request counts once.
   * Call it before the accumulator's other rows settle: they clear the dirty flags.
   */
  private settleUnscored(
    acc: Accumulator,
    ok: number,
    service: number,
    leftOut: boolean,
    context: WindowContext,
    outputs: RowOutputs,
  ): void {
    const count = leftOut ? 0 : acc.unscored;
    const before = acc.emittedUnscored;
    const hasChanged = count !== before || acc.unscoredDirty || acc.okDirty || acc.failedDirty;
    if (count > 0 && hasChanged) {
      const row = this.row(context, service, 'unscored', acc.counterpartyId, count, 0);
      row.note = unscoredNote(count, ok + acc.failed + count);
      outputs.ledger.push(row);
    } else if (count === 0 && before > 0)
      outputs.removed.push(this.key(context, service, 'unscored', acc.counterpartyId));
    acc.emittedUnscored = count;
    acc.unscoredDirty = false;
  }

  private settleOk(
    acc: Accumulator,
    ok: number,
    service: number,
    leftOut: boolean,
    context: WindowContext,
    outputs: RowOutputs,
  ): number {
    const { pay, teamId } = context;
    const consumer = acc.role === 'consumer';
    const reason = consumer ? 'served' : 'usage_fee';
    const foreign = acc.counterpartyId !== teamId;
    const cents =
      leftOut || ok === 0
        ? null
        : consumer
          ? pay.servedCents(service, acc.bands, foreign)
          : pay.usageFeeCents(service, ok);
    const before = acc.emittedServed;
    if (cents !== null && (acc.okDirty || cents !== before)) {
      const row = this.row(context, service, reason, acc.counterpartyId, ok, cents);
      row.histogram = acc.encodedLatencies = encodeHistogram(acc.latencies);
      outputs.ledger.push(row);
    } else if (cents === null && before !== null)
      outputs.removed.push(this.key(context, service, reason, acc.counterpartyId));
    acc.emittedServed = cents;
    acc.okDirty = false;
    return (cents ?? 0) - (before ?? 0);
  }

  private settleDowntime(
    service: number,
    ok: number,
    failed: number,
    excused: boolean,
    context: WindowContext,
    outputs: RowOutputs,
  ): number {
    const { pay, teamId, paused, closed } = context;
    const state = this.services[service]!;
    const cents = paused || !closed ? null : pay.downtimeCents(service, ok, failed);
    const before = state.emittedDowntime;
    if (cents !== null) {
      const row = this.row(context, service, 'downtime', teamId, 1, cents);
      row.note = downtimeNote(ok, failed, pay.rules.downtime.belowAvailabilityPercent);
      row.samples = this.earliestSamples(service, excused ? teamId : null);
      outputs.ledger.push(row);
    } else if (before !== null) outputs.removed.push(this.key(context, service, 'downtime', teamId));
    state.emittedDowntime = cents;
    return (cents ?? 0) - (before ?? 0);
  }

  private key(
    context: WindowContext,
    service: number,
    reason: LedgerReason,
    counterpartyId: string,
  ): LedgerKey {
    const { gameId, teamId, pay } = context;
    const serviceId = pay.services[service]!.id;
    return { gameId, teamId, windowIndex: this.index, serviceId, reason, counterpartyId };
  }

  private row(
    context: WindowContext,
    service: number,
    reason: LedgerReason,
    counterpartyId: string,
    count: number,
    cents: number,
  ): LedgerRow {
    return {
      gameId: context.gameId,
      teamId: context.teamId,
      windowIndex: this.index,
      serviceId: context.pay.services[service]!.id,
      reason,
      counterpartyId,
      windowStartAt: context.startAt,
      count,
      cents,
      histogram: null,
      samples: [],
      note: '',
    };
  }

  /** @param without leave out what this team itself answered */
  private earliestSamples(service: number, without: string | null): FailureSample[] {
    return this.services[service]!.accumulators.filter(
      ({ role, counterpartyId }) => role === 'consumer' && counterpartyId !== without,
    )
      .flatMap((acc) => acc.samples)
      .sort(compareSamples)
      .slice(0, 1)
      .map(({ sample }) => sample);
  }

  /** Call it after `settle`, whose encodings it reuses. */
  encode(): Uint8Array {
    const out = windowWriter.clear();
    for (const state of this.services) {
      writeOptional(out, state.emittedDowntime);
      out.uint(state.tallied.requests).uint(state.tallied.unscored);
      out.uint(state.accumulators.length);
      for (const acc of state.accumulators) {
        acc.write(out, acc.encodedLatencies);
        acc.encodedLatencies = null;
      }
    }
    return out.takeWritten();
  }

  static decode(index: number, bytes: Uint8Array, pay: CompiledPay): TeamWindow {
    const from = new ByteReader(bytes);
    const out = new TeamWindow(index, pay);
    for (const state of out.services) {
      state.emittedDowntime = readOptional(from);
      state.tallied = { requests: from.uint(), unscored: from.uint() };
      for (let n = from.uint(); n > 0; n--)
        state.accumulators.push(Accumulator.read(from, pay.bandCents.length));
    }
    return out;
  }
}

function downtimeNote(ok: number, failed: number, limitPercent: number): string {
  return `availability ${percent(ok, ok + failed)} % of ${ok + failed} requests, below ${limitPercent} %`;
}

function unscoredNote(unscored: number, requests: number): string {
  return `${unscored} of ${requests} requests (${percent(unscored, requests)} %) were not scored: trouble of the prober's own`;
}

/** With one decimal, rounded down. */
function percent(part: number, whole: number): string {
  const perMille = Math.floor((part * 1000) / whole);
  return `${Math.floor(perMille / 10)}.${perMille % 10}`;
}
