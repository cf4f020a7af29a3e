import type { SalaryHistory, TeamScore } from '#contracts';

/** More points than a graph can show; a line that reaches this many drops every other one. */
const MAX_POINTS = 1200;

interface Line {
  at: number[];
  salaryCents: number[];
  /** The minimum distance of two points, ms of event time. */
  spacingMs: number;
}

/** What `GET /api/v1/history` answers during a replay: the salaries shown so far. */
export class ScoreHistory {
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly gameId: string,
    private readonly spacingMs: number,
  ) {}

  add({ teamId, asOf, salaryCents }: TeamScore): void {
    if (asOf === 0) return;
    let line = this.lines.get(teamId);
    if (!line) this.lines.set(teamId, (line = { at: [], salaryCents: [], spacingMs: this.spacingMs }));
    const last = line.at.at(-1);
    if (last !== undefined && asOf - last < line.spacingMs) return;
    line.at.push(asOf);
    line.salaryCents.push(salaryCents);
    if (line.at.length < MAX_POINTS) return;
    line.at = line.at.filter((_, i) => i % 2 === 0);
    line.salaryCents = line.salaryCents.filter((_, i) => i % 2 === 0);
    line.spacingMs *= 2;
  }

  /** @param points ≥ 1: the maximum per team; the last point is always included */
  read(points: number): SalaryHistory {
    const series = [...this.lines].map(([teamId, { at, salaryCents }]) => {
      const step = Math.ceil(at.length / points);
      const kept = <T>(values: T[]): T[] => values.filter((_, i) => (values.length - 1 - i) % step === 0);
      return { teamId, at: kept(at), salaryCents: kept(salaryCents) };
    });
    return { gameId: this.gameId, series };
  }
}
