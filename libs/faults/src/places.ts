import { createHash } from 'node:crypto';
import type { PerService } from '#contracts';
import { PaydayError } from '#kernel';
import type { FaultOrder } from './driver.js';

/**
 * Returns a target's entry for one service, with `{team}` and `{service}` replaced in its texts.
 * @throws PaydayError `unreachable_service` if there is no entry for the service.
 */
export function placeOf<T>(places: PerService<T> | undefined, order: FaultOrder, driver: string): T {
  const place = findPlace(places, order.serviceId);
  if (place !== undefined) return filled(place, order) as T;
  throw new PaydayError(
    'unreachable_service',
    `the chaos targets have no ${driver} entry for the service "${order.serviceId}" of team ${order.teamId}`,
  );
}

/** Whether a target has an entry for a service, or, without `serviceId`, for any service. */
export function hasPlace<T>(places: PerService<T> | undefined, serviceId?: string): boolean {
  if (serviceId !== undefined) return findPlace(places, serviceId) !== undefined;
  return places?.default !== undefined || Object.keys(places?.services ?? {}).length > 0;
}

function filled(value: unknown, order: FaultOrder): unknown {
  if (typeof value === 'string')
    return value.replaceAll('{team}', order.teamId).replaceAll('{service}', order.serviceId);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, order)]));
}

function findPlace<T>(places: PerService<T> | undefined, serviceId: string): T | undefined {
  const own = places?.services;
  return own !== undefined && Object.hasOwn(own, serviceId) ? own[serviceId] : places?.default;
}

/**
 * Derives the name of a remote object from a fault's id: lower-case letters, digits and hyphens, at most 50 characters, with a
 * readable prefix and a hash that makes it unique.
 */
export function farName(faultId: string): string {
  const readable = faultId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 28)
    .replace(/-+$/, '');
  const hash = createHash('sha256').update(faultId).digest('hex').slice(0, 12);
  return ['payday', readable, hash].filter((part) => part !== '').join('-');
}
