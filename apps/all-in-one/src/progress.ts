import { formatCents } from '#kernel';
import type { StandingRow } from '#contracts';

/** What a person sees in the terminal: one line per step, with marks and colour on a TTY and plain otherwise. */
export class Progress {
  private readonly startedAt = performance.now();

  constructor(private readonly out: NodeJS.WriteStream) {}

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
  const cells = rows.map((row) => [
    row.rank === null ? '-' : String(row.rank),
    row.team.name,
    formatCents(row.salaryCents),
  ]);
  const nameWidth = Math.max(4, ...cells.map(([, name]) => displayWidth(name!)));
  const payWidth = Math.max(6, ...cells.map(([, , pay]) => pay!.length));
  return cells
    .map(([rank, name, pay]) => {
      const gap = ' '.repeat(nameWidth - displayWidth(name!));
      return `${rank!.padStart(3)}  ${name}${gap}  ${pay!.padStart(payWidth)}`;
    })
    .join('\n');
}

/** Columns in a terminal: East Asian wide characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const char of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u.test(
        char,
      )
        ? 2
        : 1;
  return width;
}
