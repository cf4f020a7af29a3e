import { formatCents } from '#kernel';
import type { StandingRow } from '#contracts';
import { table } from '#runtime';

/** The launcher's output in the terminal: one line per step, styled on a TTY and plain otherwise. */
export class Progress {
  private readonly startedAt = performance.now();

  constructor(private readonly out: NodeJS.WriteStream) {
    // The reader may close the pipe (`| head`), and a disk may be full: the game continues.
    out.on('error', () => undefined);
  }

  step(text: string): void {
    const seconds = ((performance.now() - this.startedAt) / 1000).toFixed(1).padStart(5);
    this.line(this.out.isTTY ? `\u001b[2m${seconds} s\u001b[0m  ${text}` : `${seconds} s  ${text}`);
  }

  headline(text: string): void {
    this.line(this.out.isTTY ? `\n\u001b[1m${text}\u001b[0m` : `\n${text}`);
  }

  line(text: string): void {
    this.out.write(`${text}\n`);
  }
}

/** The standings as text: rank, team, salary, in columns. */
export function standingsTable(rows: readonly Pick<StandingRow, 'rank' | 'team' | 'salaryCents'>[]): string {
  const cells = rows.map(({ rank, team, salaryCents }) => [
    String(rank ?? '-').padStart(3),
    team.name,
    formatCents(salaryCents),
  ]);
  return table(cells, [0, 2]);
}
