import { createDrivers, DriverRegistry } from '#faults';

/** For `parseScenario`: every fault kind that there is a driver for, and what its parameters must be. */
export const FAULT_RULES = new DriverRegistry(createDrivers()).rules;
