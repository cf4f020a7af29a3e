import { showValue } from './plain-text.js';
import type { Reader } from './readers.js';
import { text } from './readers.js';

const NAME = text(1, 40);
/** Characters without width or ink: zero-width characters, fillers, the blank Braille pattern. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** 1 to 40 characters of any script on one line, at least one of them visible. */
export const teamName: Reader<string> = (value, path, report) => {
  const name = NAME(value, path, report);
  if (name === undefined || sameName(name) !== '') return name;
  report(path, 'shows nothing; give it letters that can be seen');
  return undefined;
};

const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;
const CALLED = /^(?:rgb|hsl|hwb|lab|lch|oklab|oklch)\([0-9., %/a-z+-]+\)$/i;
const NAMED = /^[a-z]{3,30}$/i;

/** A CSS colour of at most 60 characters, without anything that could break out of a style attribute. */
export const teamColor: Reader<string> = (value, path, report) => {
  const color = text(1, 60)(value, path, report);
  if (color === undefined || HEX.test(color) || CALLED.test(color) || NAMED.test(color)) return color;
  report(path, `${showValue(color)} is not a CSS colour, such as #ff9f43, tomato or oklch(0.78 0.15 120)`);
  return undefined;
};

/** Normal form of a name, equal for names that people cannot tell apart. */
export function sameName(name: string): string {
  return name.normalize('NFKC').replace(UNSEEN, '').toLowerCase().replace(/\s+/g, ' ').trim();
}
