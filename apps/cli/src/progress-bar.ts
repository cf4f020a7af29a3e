import type { Terminal } from './terminal.js';

const REFRESH_MS = 100;
const WIDTH = 30;

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
      this.out.write(`\r\u001b[2K${this.label}  ${shown}`);
      return;
    }
    const share = Math.min(1, done / total);
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    this.out.write(`\r\u001b[2K${this.label}  ${bar} ${percent} %  ${shown}`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.out.isTTY === true && this.shownAt > -Infinity) this.out.write('\r\u001b[2K');
  }
}
