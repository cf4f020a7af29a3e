import type { Terminal } from './terminal.js';

const REFRESH_MS = 100;
const WIDTH = 30;
export const CLEAR_LINE = '\r\u001b[2K';

/** A bar with its percentage. @param done share, shown as 1 beyond 1 */
export function barOf(done: number): string {
  const filled = Math.round(Math.min(1, done) * WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${percentOf(done)}`;
}

export function percentOf(done: number): string {
  return `${String(Math.floor(Math.min(1, done) * 100)).padStart(3)} %`;
}

/** A progress bar on standard error during long work; nothing if standard error is not a terminal. */
export class ProgressBar {
  private shownAt = -Infinity;

  constructor(
    private readonly out: Terminal['stderr'],
    private readonly label: string,
  ) {}

  /** @param total null: unknown */
  update(done: number, total: number | null): void {
    const now = performance.now();
    if (this.out.isTTY !== true || now - this.shownAt < REFRESH_MS) return;
    this.shownAt = now;
    const shown = done.toLocaleString('en-US');
    if (total === null || total === 0) {
      this.out.write(`${CLEAR_LINE}${this.label}  ${shown}`);
      return;
    }
    this.out.write(`${CLEAR_LINE}${this.label}  ${barOf(done / total)}  ${shown}`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.out.isTTY === true && this.shownAt > -Infinity) this.out.write(CLEAR_LINE);
  }
}
