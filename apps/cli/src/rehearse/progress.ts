import type { GameView } from '#contracts';
import { plain, type Terminal } from '../terminal.js';

const WIDTH = 30;

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
    const share = Math.max(0, Math.min(1, (nowMs - startsAt) / (endsAt - startsAt)));
    const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
    const label = state === 'running' ? plain(phase?.label ?? '') : state;
    if (this.out.isTTY === true) {
      const filled = Math.round(share * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      const faults = acting === 0 ? '' : `  faults: ${acting}`;
      this.out.write(`\r\u001b[2K${bar} ${percent}  ${label}${faults}`);
      this.hasBar = true;
    } else if (label !== this.phase) {
      this.phase = label;
      this.out.write(`${percent}  ${label}\n`);
    }
  }

  /** Removes the bar. */
  end(): void {
    if (this.hasBar) this.out.write('\r\u001b[2K');
    this.hasBar = false;
  }
}
