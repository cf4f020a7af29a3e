import { createDrivers, DriverRegistry } from '#faults';
import { messageOf } from '#kernel';
import type { RuleOptions } from '#scenario';

const registry = new DriverRegistry(createDrivers());

/**
 * For `parseScenario`: every fault kind that there is a driver for, and what its parameters must be, so that a mistake
 * shows now rather than in the middle of the game. Which kinds reach a team depends on how the team is reached.
 */
export const FAULT_RULES: Required<RuleOptions> = {
  faultKinds: registry.kinds,
  paramsProblem: (kind, params) => {
    try {
      registry.driverFor(kind).checkParams(kind, params);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  },
};
