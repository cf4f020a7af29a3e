import { readFileSync } from 'node:fs';
import { createDrivers, DriverRegistry, expectedEffect, KINDS_BY_DRIVER, type ParamRule } from './index.js';

describe('the built-in drivers', () => {
  it('claim no kind twice and match the table of kinds', () => {
    const registry = new DriverRegistry(createDrivers());
    expect(Object.fromEntries(registry.drivers.map(({ name, kinds }) => [name, kinds]))).toEqual(
      Object.fromEntries(Object.entries(KINDS_BY_DRIVER).map(([name, specs]) => [name, Object.keys(specs)])),
    );
  });

  it('match their description for scenario authors', () => {
    const guide = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8');
    const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
    const table = guide
      .split('\n## ')[0]!
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => cells(line).slice(1, 5));
    const rows = Object.entries(KINDS_BY_DRIVER).flatMap(([driver, specs]) =>
      Object.entries(specs).map(([kind, { params, effect, passesOthers }]) => [
        `\`${kind}\``,
        driver,
        [
          ...Object.entries(params).map(([name, rule]) => paramCell(name, rule)),
          ...(passesOthers ? ['any others'] : []),
        ].join(', ') || 'none',
        effect,
      ]),
    );
    expect(table).toEqual(rows);
  });

  it('match their documented expected effects', () => {
    const guide = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8');
    const section = guide.split('\n## ').find((text) => text.startsWith('What a fault is expected to cost'))!;
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
      .map(([, kind, params, says]) => [kind!, params === '' ? {} : JSON.parse(params!), says] as const);
    expect(rows.map(([kind]) => kind)).toEqual(
      Object.values(KINDS_BY_DRIVER).flatMap((specs) => Object.keys(specs)),
    );
    for (const [kind, params, says] of rows) {
      const driver = createDrivers().find(({ kinds }) => kinds.includes(kind))!;
      driver.checkParams(kind, params);
      expect(expectedEffect(kind, params).says).toBe(says);
    }
  });
});

function paramCell(name: string, rule: ParamRule): string {
  if ('pattern' in rule) return `\`${name}\`: ${rule.says}`;
  const { min, max, unit } = rule;
  const fallback = rule.default === undefined ? '' : ` (${rule.default} if left out)`;
  return `\`${name}\`: ${min} to ${max} ${unit}${fallback}`;
}
