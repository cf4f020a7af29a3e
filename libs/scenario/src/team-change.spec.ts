import { PaydayError } from '#kernel';
import { parseTeamChange } from './index.js';

describe('parseTeamChange', () => {
  it.each([
    [{ name: ' 五つ星 ' }, { name: '五つ星' }],
    [{ color: 'oklch(0.78 0.15 120)' }, { color: 'oklch(0.78 0.15 120)' }],
    [{ ranked: false }, { ranked: false }],
    [
      { ranked: true, name: '🦄'.repeat(40), color: 'Tomato' },
      { ranked: true, name: '🦄'.repeat(40), color: 'Tomato' },
    ],
  ])('reads %j', (given, expected) => {
    expect(parseTeamChange(given)).toEqual(expected);
  });

  it.each<[unknown, string]>([
    [{}, 'body: changes nothing; give name, color or ranked'],
    [undefined, 'body: expected a mapping, got undefined; allowed: name, color, ranked'],
    [[], 'body: expected a mapping, got []; allowed: name, color, ranked'],
    [{ name: ' ' }, 'name: has 0 characters; 1 to 40 are allowed'],
    [{ name: 'x'.repeat(41) }, 'name: has 41 characters; 1 to 40 are allowed'],
    [{ name: 'a\nb' }, 'name: must not hold control characters or line breaks'],
    [{ name: 'a\u202eb' }, 'name: must not hold control characters or line breaks'],
    [{ name: '\u200b\u3164\u2800' }, 'name: shows nothing; give it letters that can be seen'],
    [{ name: 7 }, 'name: expected text, got 7'],
    [
      { color: 'red;}' },
      'color: "red;}" is not a CSS colour, such as #ff9f43, tomato or oklch(0.78 0.15 120)',
    ],
    [{ ranked: 'no' }, 'ranked: unknown value "no"; allowed: true, false'],
    [{ color: null }, 'color: must not be null; leave it out to keep what it is'],
    [{ id: 'golem' }, 'id: unknown key; allowed: name, color, ranked'],
    [
      { colour: 'red', ranked: 1 },
      'colour: unknown key (did you mean color?); allowed: name, color, ranked; ranked: unknown value 1; allowed: true, false',
    ],
  ])('refuses %j', (given, message) => {
    let refused: unknown;
    try {
      parseTeamChange(given);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(PaydayError);
    expect(refused).toMatchObject({ code: 'bad_request', message });
  });
});
