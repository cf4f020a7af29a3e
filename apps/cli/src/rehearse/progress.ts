import type { GameView } from '#contracts';
import { CLEAR_LINE, barOf, percentOf } from '../progress-bar.js';
import { plain, type Terminal } from '../terminal.js';

/** Progress of a rehearsal on standard error: a bar in a terminal, else one line per step and load phase. */
export class RehearsalProgress {
  private phase = '';
  private hasBar = false;

  constructor(private readonly out: Terminal['stderr']) {}

  step(line: string): void {
    this.end();
    this.out.write(`${plain(line)}\n`);
  }

  /** @param acting number of active injections @param nowMs epoch ms */
  game({ state, startsAt, endsAt, phase }: GameView, acting: number, nowMs: number): void {
    if (startsAt === null || endsAt === null || state === 'lobby') return;
    const share = Math.max(0, (nowMs - startsAt) / (endsAt - startsAt));
    const label = state === 'running' ? plain(phase?.label ?? '') : state;
    if (this.out.isTTY === true) {
      const faults = acting === 0 ? '' : `  faults: ${acting}`;
      this.out.write(`${CLEAR_LINE}${barOf(share)}  ${label}${faults}`);
      this.hasBar = true;
    } else if (label !== this.phase) {
      this.phase = label;
      this.out.write(`${percentOf(share)}  ${label}\n`);
    }
  }

  /** Removes the bar. */
  end(): void {
    if (this.hasBar) this.out.write(CLEAR_LINE);
    this.hasBar = false;
  }
}
