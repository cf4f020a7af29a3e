import type { Scenario } from '#contracts';
import { createDrivers, DriverRegistry } from '#faults';
import { PaydayError, messageOf } from '#kernel';

const registry = new DriverRegistry(createDrivers());

/** Every fault kind that there is a driver for. Which of them reach a team depends on how the team is reached. */
export const FAULT_KINDS: readonly string[] = registry.kinds;

/** Asks the drivers about every fault's parameters now rather than in the middle of the game. @throws PaydayError `invalid_scenario` */
export function checkFaults(scenario: Scenario, fileName: string): void {
  for (const entry of scenario.timeline) {
    if (entry.type !== 'fault') continue;
    try {
      registry.driverFor(entry.kind).checkParams(entry.kind, entry.params);
    } catch (cause) {
      throw new PaydayError('invalid_scenario', `${fileName}: fault "${entry.id}": ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}
