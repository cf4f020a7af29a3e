import type { Key, Sections } from './key.js';

const INTRO = `Each setting is taken from the first of: flag, environment, file (--config FILE or PAYDAY_CONFIG; YAML), default.
Secrets have no flags; they may also lie in a file of their own, which <VARIABLE>_FILE names.`;

/** Describes every setting of a service: its three names, default and meaning. */
export function configHelp(usage: string, summary: string, sections: Sections): string {
  const blocks = Object.entries(sections).map(([name, { keys }]) => {
    const lines = Object.entries(keys).map(([keyName, key]) => describe(`${name}.${keyName}`, key));
    return lines.join('\n');
  });
  return `Usage: ${usage}\n\n${summary}\n\n${INTRO}\n\n${blocks.join('\n\n')}\n`;
}

function describe(path: string, key: Key<unknown>): string {
  const flag =
    key.flag === null ? [] : [`--${key.flag}${key.placeholder === null ? '' : ` ${key.placeholder}`}`];
  const names = [...flag, key.secret ? `${key.env}(_FILE)` : key.env, path].join('  ');
  const fallback = key.isRequired ? 'required' : `default: ${key.fallback ?? 'none'}`;
  return `  ${names}  (${fallback})\n      ${key.help}`;
}
