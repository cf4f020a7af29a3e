import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Address } from './answer.js';

/** The names in /etc/hosts with their addresses: names in lower case, addresses in the order of the file. */
export function parseHosts(text: string): Map<string, Address[]> {
  const hosts = new Map<string, Address[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    const family = isIP(address.replace(/%.*$/, ''));
    if (family === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = hosts.get(name) ?? [];
      if (!known.some((each) => each.address === address))
        known.push({ address, family: family === 6 ? 6 : 4 });
      hosts.set(name, known);
    }
  }
  return hosts;
}

/** A file that is reread when it has changed; it is checked at most every `everyMs`. */
export class WatchedFile<T> {
  private value: T;
  private readVersion = '';
  private lookedAt = -Infinity;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => T,
    private readonly nowMs: () => number,
    private readonly everyMs = 1_000,
  ) {
    this.value = parse('');
  }

  /** Changes whenever the file does. */
  get version(): string {
    return this.readVersion;
  }

  /** A missing or unreadable file counts as empty. Never rejects. */
  async current(): Promise<T> {
    if (this.looking !== null || this.nowMs() - this.lookedAt >= this.everyMs) {
      this.looking ??= this.checkFile().finally(() => (this.looking = null));
      await this.looking;
    }
    return this.value;
  }

  private async checkFile(): Promise<void> {
    this.lookedAt = this.nowMs();
    const [version, text] = await this.read();
    if (version === this.readVersion) return;
    this.readVersion = version;
    this.value = this.parse(text);
  }

  /** The text is empty if the file has not changed. */
  private async read(): Promise<[version: string, text: string]> {
    try {
      const { mtimeMs, size, ino } = await stat(this.path);
      const version = `${mtimeMs} ${size} ${ino}`;
      return [version, version === this.readVersion ? '' : await readFile(this.path, 'utf8')];
    } catch {
      return ['missing', ''];
    }
  }
}
