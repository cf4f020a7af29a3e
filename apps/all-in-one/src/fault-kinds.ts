import { createDrivers, DriverRegistry } from '#faults';

/** For `parseScenario`: every fault kind with a driver, and the rules of its parameters. */
export const FAULT_RULES = new DriverRegistry(createDrivers()).rules;
