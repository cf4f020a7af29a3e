import type { FaultOrder } from './driver.js';
import { farName, hasPlace, placeOf } from './places.js';

const order = { id: 'storm/fenrir', teamId: 'fenrir', serviceId: 'router' } as FaultOrder;

describe('places', () => {
  it('are the service’s own or the default, with placeholders replaced', () => {
    const places = {
      default: { url: 'http://{team}/{service}', labels: { app: '{service}' } },
      services: { catalog: { url: 'x', labels: { app: 'y' } } },
    };
    expect(placeOf(places, order, 'd')).toEqual({ url: 'http://fenrir/router', labels: { app: 'router' } });
    expect(placeOf(places, { ...order, serviceId: 'catalog' }, 'd')).toEqual({
      url: 'x',
      labels: { app: 'y' },
    });
  });

  it('may be missing, even under the name of an inherited property', () => {
    const refused = expect.objectContaining({ code: 'unreachable_service', retryable: false });
    for (const places of [undefined, {}, { services: { catalog: 1 } }])
      for (const serviceId of ['router', 'constructor'])
        expect(() => placeOf(places, { ...order, serviceId }, 'd')).toThrow(refused);
    expect(hasPlace({ services: { catalog: 1 } })).toBe(true);
    expect(hasPlace({ services: { catalog: 1 } }, 'catalog')).toBe(true);
    expect(hasPlace({ services: { catalog: 1 } }, 'router')).toBe(false);
    expect(hasPlace({}, 'router')).toBe(false);
  });

  it('get names that are unique per fault and valid in every remote system', () => {
    const ids = [
      'a/b',
      'a-b',
      'a_b',
      'A/b',
      `${'long-'.repeat(20)}x/a`,
      `${'long-'.repeat(20)}y/a`,
      '日本/a',
      '--/',
    ];
    const names = ids.map(farName);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) {
      expect(name).toMatch(/^payday-[a-z0-9-]*[a-z0-9]$/);
      expect(name.length).toBeLessThanOrEqual(50);
    }
    expect(farName('a/b')).toBe(names[0]);
  });
});
