import { changedTeam } from './team.js';

const FENRIR = { id: 'fenrir', name: 'Fenrir', color: '#e4572e', ranked: true };

test('a change without effect returns the same team', () => {
  expect(changedTeam(FENRIR, {})).toBe(FENRIR);
  expect(changedTeam(FENRIR, { ...FENRIR })).toBe(FENRIR);
  expect(changedTeam(FENRIR, { ranked: false, name: 'Garm' })).toEqual({
    ...FENRIR,
    ranked: false,
    name: 'Garm',
  });
  expect(FENRIR.ranked).toBe(true);
});
