import { PaydayError, messageOf } from '#kernel';
import type { FaultDriver } from './driver.js';

/** What a scenario's faults are held against, so that a mistake shows when the file is read rather than in the middle of the game. */
export interface FaultRules {
  faultKinds: readonly string[];
  /** What is wrong with a fault's parameters; undefined: nothing. */
  paramsProblem(
    kind: string,
    params: Readonly<Record<string, string | number | boolean>>,
  ): string | undefined;
}

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

  /** For `parseScenario`. Which kinds reach a team depends on how the team is reached. */
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
