import { io, type Socket } from 'socket.io-client';
import type {
  LeaderboardServerEvents,
  PublicFault,
  StandingRow,
  StandingsDelta,
  StandingsView,
} from '#contracts';

/** A viewer of `/leaderboard` that keeps every frame unchanged: a plain Socket.IO client, without our library. */
export class LeaderboardRecorder {
  readonly snapshots: StandingsView[] = [];
  readonly deltas: StandingsDelta[] = [];
  /** Every row of every frame, with its arrival time (epoch ms). */
  readonly rows: { atMs: number; row: StandingRow }[] = [];
  /** Every fault ever shown, with every team on which it was seen to act: teams are struck one by one. */
  readonly faults: PublicFault[] = [];
  /** Why the server closed the connection; null while it is open. */
  disconnected: string | null = null;
  private readonly socket: Socket<LeaderboardServerEvents>;

  constructor(url: string) {
    this.socket = io(`${url}/leaderboard`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    this.socket.on('disconnect', (reason) => (this.disconnected = reason));
    this.socket.on('snapshot', (view) => {
      this.snapshots.push(view);
      this.keep(view.standings, view.faults);
    });
    this.socket.on('delta', (delta) => {
      this.deltas.push(delta);
      this.keep(delta.rows, delta.faults ?? []);
    });
  }

  /** Deltas that do not begin where the previous frame ended. */
  gaps(): string[] {
    const [first] = this.snapshots;
    let seq = first?.seq;
    return this.deltas.flatMap((delta) => {
      const joins = delta.epoch === first?.epoch && delta.fromSeq === seq && delta.seq === delta.fromSeq + 1;
      const gap = joins ? [] : [`after ${seq} came ${delta.fromSeq} to ${delta.seq}`];
      seq = delta.seq;
      return gap;
    });
  }

  /** The latest salary of each team. */
  standings(): Map<string, number> {
    return new Map(this.rows.map(({ row }) => [row.team.id, row.salaryCents]));
  }

  close(): void {
    this.socket.close();
  }

  private keep(rows: readonly StandingRow[], faults: readonly PublicFault[]): void {
    const atMs = Date.now();
    this.rows.push(...rows.map((row) => ({ atMs, row })));
    for (const fault of faults) {
      const known = this.faults.find(({ injectionId }) => injectionId === fault.injectionId);
      if (known) known.teamIds = [...new Set([...known.teamIds, ...fault.teamIds])];
      else this.faults.push({ ...fault });
    }
  }
}
