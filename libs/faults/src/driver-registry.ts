import { PaydayError, messageOf } from '#kernel';
import type { FaultDriver } from './driver.js';

/** Validation rules for a scenario's faults, so that mistakes surface when the file is read rather than during the game. */
export interface FaultRules {
  faultKinds: readonly string[];
  /** Describes what is wrong with a fault's parameters; undefined: nothing. */
  paramsProblem(
    kind: string,
    params: Readonly<Record<string, string | number | boolean>>,
  ): string | undefined;
}

/** Maps each fault kind to its driver. */
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

  /** For `parseScenario`. Does not check which kinds can reach a given team. */
  get rules(): FaultRules {
    return {
      faultKinds: this.kinds,
      paramsProblem: (kind, params) => {
        try {
          this.driverFor(kind).checkParams(kind, params);
          return undefined;
        } catch (error) {
          return messageOf(error);
        }
      },
    };
  }

  /** @throws PaydayError `unknown_fault_kind`, listing the known kinds. */
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
