/** How /etc/resolv.conf completes names. */
export interface SearchRules {
  /** Domains appended to names with few dots. */
  search: readonly string[];
  /** A name with at least this many dots is first tried as it is. */
  ndots: number;
}

const MAX_NDOTS = 15;
const MAX_DOMAINS = 32;

/** Reads `search`, `domain` and `options ndots:N` (resolv.conf(5)); the last `search` or `domain` line wins. */
export function parseSearchRules(text: string): SearchRules {
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search' || keyword === 'domain')
      search = (keyword === 'domain' ? values.slice(0, 1) : values)
        .map((domain) => domain.replace(/^\.+|\.+$/g, ''))
        .filter((domain) => domain !== '')
        .slice(0, MAX_DOMAINS);
    if (keyword !== 'options') continue;
    for (const option of values) {
      const given = /^ndots:(\d{1,3})$/.exec(option)?.[1];
      if (given !== undefined) ndots = Math.min(MAX_NDOTS, Number(given));
    }
  }
  return { search, ndots };
}

/** The fully qualified candidates for a name, in the order in which they are tried. */
export function candidates(name: string, { search, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const completed = search.map((domain) => `${name}.${domain}`);
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}
