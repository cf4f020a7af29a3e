import { InvalidArgumentError } from 'commander';

/** Reads an option's number, bounds inclusive. */
export function takesNumber(
  flag: string,
  low: number,
  high: number,
  whole = false,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const wellFormed = whole ? /^\d+$/.test(text) : /^\d+(\.\d+)?$/.test(text);
    if (wellFormed && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`${flag} takes a ${whole ? 'whole ' : ''}number from ${low} to ${high}.`);
  };
}

/** A parser for an option that takes an address to listen on. An empty one would mean every address. */
export function takesAddress(flag: string): (text: string) => string {
  return (text) => {
    if (text.trim() === '') throw new InvalidArgumentError(`${flag} takes an address.`);
    return text;
  };
}
