import { UNICORNS } from '../../inventory.js';
import { type FaultKind, integerParams } from './kind.js';

/** A bad version was deployed: answers have the right form and wrong values. Refusals and `/healthz` are unchanged. */
export const wrongAnswer: FaultKind = {
  kind: 'wrong-answer',
  strikes: 'service',
  begin(params) {
    integerParams('wrong-answer', params, {});
    return {
      async intercept(_request, next) {
        const answer = await next();
        return answer.status < 300 ? { ...answer, body: distort(answer.body) } : answer;
      },
    };
  },
};

/** Every unicorn becomes its neighbour in the inventory, and every price is off by a third and a cent. */
function distort(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(distort);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name === 'id' || name === 'unicornId') return [name, neighbour('id', inner)];
      if (name === 'name' || name === 'colour') return [name, neighbour(name, inner)];
      if (name === 'totalCents' && typeof inner === 'number') return [name, Math.floor((inner * 2) / 3) + 1];
      return [name, distort(inner)];
    }),
  );
}

function neighbour(field: 'id' | 'name' | 'colour', value: unknown): unknown {
  const index = UNICORNS.findIndex((unicorn) => unicorn[field] === value);
  return index === -1 ? value : UNICORNS[(index + 1) % UNICORNS.length]?.[field];
}
