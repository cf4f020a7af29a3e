import { PaydayError } from '#kernel';
import type { FaultDriver } from './driver.js';

/** Which driver handles which kind. */
export class DriverRegistry {
  private readonly byKind = new Map<string, FaultDriver>();

  /** @throws PaydayError `duplicate_fault_kind` if two drivers claim one kind. */
  constructor(readonly drivers: readonly FaultDriver[]) {
    for (const driver of drivers) {
      for (const kind of driver.kinds) {
        const other = this.byKind.get(kind);
        if (other !== undefined)
          throw new PaydayError(
            'duplicate_fault_kind',
            `the drivers ${other.name} and ${driver.name} both claim the fault kind "${kind}"`,
          );
        this.byKind.set(kind, driver);
      }
    }
  }

  /** Every kind, sorted. */
  get kinds(): string[] {
    return [...this.byKind.keys()].sort();
  }

  /** @throws PaydayError `unknown_fault_kind`, with the kinds that there are. */
  driverFor(kind: string): FaultDriver {
    const driver = this.byKind.get(kind);
    if (driver === undefined)
      throw new PaydayError(
        'unknown_fault_kind',
        `no driver knows the fault kind "${kind}"; there are: ${this.kinds.join(', ')}`,
      );
    return driver;
  }
}
