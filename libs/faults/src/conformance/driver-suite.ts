import { PaydayError } from '#kernel';
import type { FaultDriver, FaultOrder, FaultTarget } from '../driver.js';
import type { FaultParams } from '../fault.js';

/** A real system to break, with a driver that reaches it. One per test. */
export interface DriverBench {
  driver: FaultDriver;
  target: FaultTarget;
  /** A target of the same type without a listener. */
  nowhere: FaultTarget;
  /** A target of the same type that accepts connections and never answers. */
  hanging: FaultTarget;
  serviceId: string;
  /** Sends a request as a customer does: whether the answer is correct and prompt. */
  healthy(): Promise<boolean>;
  /** Advances the remote system's time. */
  pass(ms: number): Promise<void>;
  /** The team repairs its service by itself. Required if `repairable`. */
  repair?(): Promise<void>;
  close(): Promise<void>;
}

export interface DriverSubject {
  /** Valid parameters for each kind of the driver, strong enough to affect every request. */
  params: Readonly<Record<string, FaultParams>>;
  /** Parameters that the driver must refuse, by kind. */
  badParams: readonly (readonly [kind: string, params: FaultParams])[];
  /** Whether the team can repair what this driver breaks. */
  repairable: boolean;
  /** Whether the remote system ends a fault by itself; if not, the suite checks that the driver does not claim so. */
  deadMan: boolean;
  /** What this machine lacks to run the suite, and how to get it; null: nothing. Default: nothing. */
  lacks?(): string | null;
  /** Time to live of the suite's faults. Default: one minute, for subjects with a simulated clock. */
  ttlMs?: number;
  open(): Promise<DriverBench>;
}

/** An operation must reject within this real time after its signal aborts. */
const GIVE_UP_MS = 1_000;

/** Checks every guarantee of `FaultDriver` for one driver, as named tests. */
export function describeFaultDriver(name: string, subject: DriverSubject): void {
  describeUnless(subject.lacks?.() ?? null, `fault driver ${name}`, () => {
    let bench: DriverBench;
    let order: (kind: string, params?: FaultParams) => FaultOrder;
    const signal = (): AbortSignal => AbortSignal.timeout(5_000);
    const kinds = Object.keys(subject.params);
    const ttlMs = subject.ttlMs ?? 60_000;

    beforeEach(async () => {
      bench = await subject.open();
      let count = 0;
      order = (kind, params = subject.params[kind] ?? {}) => ({
        id: `conformance-${kind}-${++count}/${bench.target.teamId}`,
        kind,
        teamId: bench.target.teamId,
        serviceId: bench.serviceId,
        params,
        ttlMs,
      });
    });
    afterEach(() => bench.close());

    it('has valid parameters for each of its kinds', () => {
      expect(Object.keys(subject.params).sort()).toEqual([...bench.driver.kinds].sort());
      expect(bench.driver.reaches(bench.target)).toBe(true);
      expect(bench.driver.reaches({ teamId: bench.target.teamId })).toBe(false);
      for (const [kind, params] of Object.entries(subject.params)) bench.driver.checkParams(kind, params);
    });

    it.each(kinds)('%s: fires, confirms, reverts and verifies gone', async (kind) => {
      const { driver, target } = bench;
      const fault = order(kind);
      expect(await bench.healthy()).toBe(true);
      await driver.fire(target, fault, signal());
      expect(await driver.confirm(target, fault, signal())).toBe('active');
      expect(await bench.healthy()).toBe(false);
      expect(await driver.verify(target, fault, signal())).toBe('active');
      await driver.revert(target, fault, signal());
      expect(await driver.verify(target, fault, signal())).toBe('gone');
      expect(await bench.healthy()).toBe(true);
    });

    if (subject.deadMan)
      it.each(kinds)('%s: ends by itself after its time to live', async (kind) => {
        const { driver, target } = bench;
        const fault = order(kind);
        await driver.fire(target, fault, signal());
        await bench.pass(ttlMs - ttlMs / 60);
        expect(await driver.verify(target, fault, signal())).toBe('active');
        await bench.pass(ttlMs / 30);
        expect(await driver.verify(target, fault, signal())).toBe('gone');
        expect(await bench.healthy()).toBe(true);
      });
    else
      it.each(kinds)('%s: does not end by itself, and does not claim so', async (kind) => {
        const { driver, target } = bench;
        const fault = order(kind);
        await driver.fire(target, fault, signal());
        await bench.pass(2 * ttlMs);
        expect(await driver.verify(target, fault, signal())).toBe('active');
        expect(await bench.healthy()).toBe(false);
        await driver.revert(target, fault, signal());
        expect(await driver.verify(target, fault, signal())).toBe('gone');
      });

    it.each(kinds)('%s: each operation may be repeated', async (kind) => {
      const { driver, target } = bench;
      const fault = order(kind);
      await driver.revert(target, fault, signal());
      expect(await driver.verify(target, fault, signal())).toBe('gone');
      const repeated = order(kind);
      await driver.fire(target, repeated, signal());
      await driver.fire(target, repeated, signal());
      expect(await driver.confirm(target, repeated, signal())).toBe('active');
      await driver.revert(target, repeated, signal());
      await driver.revert(target, repeated, signal());
      expect(await driver.verify(target, repeated, signal())).toBe('gone');
      expect(await bench.healthy()).toBe(true);
    });

    if (subject.repairable)
      it.each(kinds)('%s: reports a repair by the team', async (kind) => {
        const { driver, target } = bench;
        const fault = order(kind);
        await driver.fire(target, fault, signal());
        await bench.repair!();
        expect(await driver.verify(target, fault, signal())).toBe('repaired');
        // Firing again does not undo the repair.
        await driver.fire(target, fault, signal());
        expect(await driver.confirm(target, fault, signal())).toBe('repaired');
        expect(await bench.healthy()).toBe(true);
        await driver.revert(target, fault, signal());
        expect(await driver.verify(target, fault, signal())).toBe('gone');
      });

    it('ends one of two faults on a service and keeps the other', async () => {
      const { driver, target } = bench;
      const [one, other] = [driver.kinds[0]!, driver.kinds.at(-1)!].map((kind) => order(kind)) as [
        FaultOrder,
        FaultOrder,
      ];
      await driver.fire(target, one, signal());
      await driver.fire(target, other, signal());
      for (const fault of [one, other]) expect(await driver.confirm(target, fault, signal())).toBe('active');
      await driver.revert(target, one, signal());
      expect(await driver.verify(target, one, signal())).toBe('gone');
      expect(await driver.verify(target, other, signal())).toBe('active');
      expect(await bench.healthy()).toBe(false);
    });

    it.each(subject.badParams)('refuses bad parameters, as not retryable: %s %j', async (kind, params) => {
      const { driver, target } = bench;
      const refused = expect.objectContaining({ code: 'invalid_fault_params', retryable: false });
      expect(() => driver.checkParams(kind, params)).toThrow(refused);
      await expect(driver.fire(target, order(kind, params), signal())).rejects.toEqual(refused);
      expect(await bench.healthy()).toBe(true);
    });

    it('refuses a service that the team does not run, as not retryable', async () => {
      const fault = { ...order(bench.driver.kinds[0]!), serviceId: 'no-such-service' };
      await expect(bench.driver.fire(bench.target, fault, signal())).rejects.toEqual(
        expect.objectContaining({ retryable: false }),
      );
    });

    it('reports a missing listener as retryable', async () => {
      const { driver, nowhere } = bench;
      const fault = order(driver.kinds[0]!);
      for (const operation of ['fire', 'confirm', 'revert', 'verify'] as const)
        await expect(driver[operation](nowhere, fault, signal())).rejects.toEqual(
          expect.objectContaining({ retryable: true }),
        );
    });

    it('rejects when its signal aborts', async () => {
      const { driver, hanging } = bench;
      const fault = order(driver.kinds[0]!);
      for (const operation of ['fire', 'confirm', 'revert', 'verify'] as const) {
        const begin = performance.now();
        const error = await driver[operation](hanging, fault, AbortSignal.timeout(50)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(PaydayError);
        expect((error as PaydayError).retryable).toBe(true);
        expect(performance.now() - begin).toBeLessThan(GIVE_UP_MS);
      }
    });
  });
}

/** `describe`, or, if something is lacking, a loud skip, which is a failure with `CI=true`. */
export function describeUnless(lacks: string | null, name: string, define: () => void): void {
  if (lacks === null) {
    describe(name, define);
    return;
  }
  const reason = `SKIPPED: ${name}: ${lacks}`;
  if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(reason);
    });
    return;
  }
  process.stderr.write(`${reason}\n`);
  test.skip(name, () => undefined);
}
