import { type Handler, healthRoute, HttpProblem, ok, routes } from '../http/service.js';
import { findUnicorn, UNICORNS } from '../inventory.js';
import { unknownUnicorn } from './input.js';

/** The catalog: `GET /unicorns`, `GET /unicorns/:id`. */
export function createCatalog(): Handler {
  return routes([
    healthRoute('catalog'),
    {
      method: 'GET',
      path: '/unicorns',
      handle: ({ query }) => {
        const colour = query.get('colour');
        const minSeats = seats(query.get('minSeats'));
        const unicorns = UNICORNS.filter(
          (unicorn) => (colour === null || unicorn.colour === colour) && unicorn.seats >= minSeats,
        );
        return ok({ unicorns });
      },
    },
    {
      method: 'GET',
      path: '/unicorns/:id',
      handle: (_request, id = '') => {
        const unicorn = findUnicorn(id);
        if (unicorn === undefined) throw unknownUnicorn(id);
        return ok(unicorn);
      },
    },
  ]);
}

function seats(text: string | null): number {
  if (text === null) return 1;
  if (/^[1-9]$/.test(text)) return Number(text);
  throw new HttpProblem(400, 'invalid_min_seats', 'minSeats must be one whole number from 1 to 9');
}
