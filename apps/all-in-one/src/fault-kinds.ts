import type { Scenario } from '#contracts';
import { SandboxDriver } from '#faults';
import { PaydayError, messageOf } from '#kernel';

const driver = new SandboxDriver();

/** The fault kinds that this launcher's teams can be struck by. */
export const SANDBOX_KINDS: readonly string[] = driver.kinds;

/** Asks the driver about every fault's parameters now rather than in the middle of the game. @throws PaydayError `invalid_scenario` */
export function checkFaults(scenario: Scenario, fileName: string): void {
  for (const entry of scenario.timeline) {
    if (entry.type !== 'fault') continue;
    try {
      driver.checkParams(entry.kind, entry.params);
    } catch (cause) {
      throw new PaydayError('invalid_scenario', `${fileName}: fault "${entry.id}": ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}
