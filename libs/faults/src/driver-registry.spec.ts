import { DriverRegistry } from './driver-registry.js';
import { SANDBOX_KINDS, SandboxDriver } from './drivers/sandbox.js';

describe('driver registry', () => {
  const driver = new SandboxDriver();

  it('finds the driver of a kind', () => {
    const registry = new DriverRegistry([driver]);
    expect(registry.driverFor('hang')).toBe(driver);
    expect(registry.kinds).toEqual(Object.keys(SANDBOX_KINDS).sort());
  });

  it('lists the known kinds', () => {
    expect(() => new DriverRegistry([driver]).driverFor('meteor')).toThrow(
      expect.objectContaining({
        code: 'unknown_fault_kind',
        message: expect.stringContaining(
          'config-vanishes, crash, error-rate, hang, memory-leak, slow, wrong-answer',
        ),
      }),
    );
  });

  it('has rules for scenarios: known kinds and their parameters', () => {
    const { faultKinds, paramsProblem } = new DriverRegistry([driver]).rules;
    expect(faultKinds).toContain('slow');
    expect(paramsProblem('crash', {})).toBeUndefined();
    expect(paramsProblem('slow', { speed: 1 })).toMatch(/speed/);
  });

  it('refuses two drivers for one kind', () => {
    expect(() => new DriverRegistry([driver, new SandboxDriver()])).toThrow(
      expect.objectContaining({ code: 'duplicate_fault_kind' }),
    );
  });
});
