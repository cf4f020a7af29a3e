import type {
  PublicFault,
  SalaryHistory,
  ServiceState,
  StandingRow,
  StandingsDelta,
  StandingsView,
  TickerEvent,
} from '#contracts';

/** A lively, made-up game for design work and browser tests. It does no scoring. */

const NAMES =
  `Sleipnir|Fenrir Works|Kumo no Ue|Blast Radius|五つ星クラウド|Pager Duty Free|Tokyo Retry Club|Null Pointers|Cold Start|Heisenbug Hunters|Rolling Deploy|Idempotents|Team Backoff|Green Canary|404 Brain Not Found|Eventually Consistent|Circuit Breakers|さくらノード|Zone B|Split Brain|The Leftovers|Rubber Ducks|On-Call Heroes|Quorum|Byzantine Generals|Dead Letters|Hot Partition|Warm Pool|Cache Me Outside|Tail Latency|Chaos Monkeys|Last Mile|Root Cause|Blue/Green|Out of Memory|YAML Engineers|Spot Instances|Garbage Collectors|Load Shedders|Two Phase|Sidecars|Zero Trust`.split(
    '|',
  );
const SERVICES = [
  { id: 'router', letter: 'R' },
  { id: 'catalog', letter: 'C' },
  { id: 'pricing', letter: 'P' },
  { id: 'booking', letter: 'B' },
];
const LABELS = [
  'Someone in another department shipped a bad version of catalog',
  'The security test team switched off the router’s machines',
  'A cable between pricing and the world was unplugged',
];
const TROUBLE: ServiceState[] = ['slow', 'failing', 'down'];

/** mulberry32: good enough for a made-up game. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface FakeGameOptions {
  teams: number;
  seed?: number;
  /** Epoch ms at which the made-up game began; the time until `nowMs` is simulated at once. */
  startsAt: number;
  nowMs: number;
  endsAt: number;
  epoch: string;
  /** Extra names for the first teams. */
  names?: string[];
}

export class FakeGame {
  readonly view: StandingsView;
  readonly deltas: StandingsDelta[] = [];
  private readonly random: () => number;
  private readonly history: SalaryHistory;
  private readonly skill: Map<string, number>;
  private readonly ranksAMinuteAgo: { at: number; ranks: Map<string, number> }[] = [];
  private tickerIds = 0;

  constructor(options: FakeGameOptions) {
    this.random = seeded(options.seed ?? 7);
    const standings = Array.from({ length: options.teams }, (_, index) => this.newRow(index, options));
    this.skill = new Map(
      standings.map(({ team }, index) => [
        team.id,
        950 - (700 * index) / options.teams + this.random() * 120,
      ]),
    );
    this.view = {
      game: {
        id: 'fake',
        name: 'Unicorn.Rentals',
        state: 'running',
        startsAt: options.startsAt,
        endsAt: options.endsAt,
        pausedAt: null,
        frozen: false,
        phase: { label: 'Black Friday, load ×4', requestsPerSecond: options.teams * 30 },
      },
      asOf: options.startsAt,
      epoch: options.epoch,
      seq: 0,
      serverAt: options.startsAt,
      services: SERVICES,
      standings,
      faults: [],
      ticker: [],
    };
    this.history = {
      gameId: 'fake',
      series: standings.map(({ team }) => ({ teamId: team.id, at: [], salaryCents: [] })),
    };
    for (let at = options.startsAt; at < options.nowMs; at += 5_000) this.step(at, 5_000);
    for (const row of this.view.standings) row.rankChange = Math.min(3, Math.max(-3, row.rankChange));
    this.deltas.length = 0;
  }

  private newRow(index: number, { teams, names }: FakeGameOptions): StandingRow {
    const name =
      names?.[index] ?? NAMES[index % NAMES.length]! + (index >= NAMES.length ? ` ${index + 1}` : '');
    const color = `oklch(0.78 0.15 ${Math.round((index * 360) / teams + 10) % 360})`;
    return {
      rank: index + 1,
      rankChange: 0,
      team: { id: `team-${String(index + 1).padStart(3, '0')}`, name, color, ranked: true },
      salaryCents: 0,
      payPerMinuteCents: 0,
      trend: { oneMinuteCents: 0, fiveMinutesCents: 0 },
      services: SERVICES.map(({ id }) => ({
        id,
        state: 'up',
        availabilityBp: 10_000,
        p95Ms: 40,
        requestsPerSecond: 7.5,
      })),
    };
  }

  /** Plays `byMs` up to `atMs` and returns the frame's delta. */
  step(atMs: number, byMs: number): StandingsDelta {
    const { view } = this;
    const fromSeq = view.seq;
    const tickerBefore = view.ticker.length > 0 ? view.ticker[0]!.id : null;
    this.playChaos(atMs);
    const rows = view.standings.map((row) => this.play(row, atMs, byMs));
    const before = view.standings.map(({ team }) => team.id);
    this.rank(rows, atMs, before);
    const order = rows.map(({ team }) => team.id);
    view.standings = rows;
    Object.assign(view, { seq: fromSeq + 1, serverAt: atMs, asOf: atMs - 80 });
    if (view.seq % 20 === 0 || byMs >= 5_000) this.remember();
    const newTicker = view.ticker.slice(
      0,
      Math.max(
        0,
        view.ticker.findIndex(({ id }) => id === tickerBefore),
      ),
    );
    return this.publish({
      epoch: view.epoch,
      fromSeq,
      seq: view.seq,
      serverAt: atMs,
      asOf: view.asOf,
      rows,
      ...(order.join() === before.join() ? {} : { order }),
      faults: view.faults,
      ...(newTicker.length > 0 ? { ticker: newTicker } : {}),
    });
  }

  /** Changes the game by hand, as one frame. */
  change(atMs: number, edit: (view: StandingsView) => void): StandingsDelta {
    const { view } = this;
    edit(view);
    view.standings = [...view.standings]
      .map((row) => ({ ...row }))
      .sort((a, b) => b.salaryCents - a.salaryCents);
    view.standings.forEach((row, index) => (row.rank = index + 1));
    const fromSeq = view.seq;
    Object.assign(view, { seq: fromSeq + 1, serverAt: atMs });
    const { epoch, seq, asOf, game, faults, ticker, standings } = view;
    const order = standings.map(({ team }) => team.id);
    return this.publish({
      epoch,
      fromSeq,
      seq,
      serverAt: atMs,
      asOf,
      rows: standings,
      order,
      game: { ...game },
      faults,
      ticker,
    });
  }

  /** What the server sends each second when nothing happens. */
  heartbeat(atMs: number): StandingsDelta {
    const { view } = this;
    const fromSeq = view.seq;
    Object.assign(view, { seq: fromSeq + 1, serverAt: atMs, asOf: atMs - 80 });
    return this.publish({
      epoch: view.epoch,
      fromSeq,
      seq: view.seq,
      serverAt: atMs,
      asOf: view.asOf,
      rows: [],
    });
  }

  salaryHistory(): SalaryHistory {
    return this.history;
  }

  private publish(delta: StandingsDelta): StandingsDelta {
    this.deltas.push(delta);
    if (this.deltas.length > 100) this.deltas.shift();
    return delta;
  }

  private play(row: StandingRow, atMs: number, byMs: number): StandingRow {
    const struck = this.view.faults.filter(({ teamIds }) => teamIds.includes(row.team.id));
    const services = row.services.map((service, index) => {
      const fault = struck.find(({ serviceId }) => serviceId === service.id);
      const state = this.nextState(service.state, fault !== undefined, byMs);
      // The last team never deployed two of its services.
      const absent = (index === 1 || index === 2) && row.team.id === this.lastTeamId();
      return { ...service, state: absent ? ('missing' as const) : state };
    });
    for (const [index, { id, state }] of services.entries())
      this.report(row, id, row.services[index]!.state, state, atMs);
    const penalty = services.reduce(
      (sum, { state }) =>
        sum + { up: 0, unknown: 0, slow: 180, failing: 420, down: 820, missing: 260 }[state],
      0,
    );
    const wave = 40 * Math.sin(atMs / 40_000 + row.team.name.length);
    const payPerMinuteCents = Math.round(((this.skill.get(row.team.id) ?? 500) + wave - penalty) * 100);
    const salaryCents = row.salaryCents + Math.round((payPerMinuteCents * byMs) / 60_000);
    return { ...row, services, payPerMinuteCents, salaryCents };
  }

  private lastTeamId(): string {
    return `team-${String(this.skill.size).padStart(3, '0')}`;
  }

  private nextState(state: ServiceState, struck: boolean, byMs: number): ServiceState {
    const seconds = byMs / 1_000;
    if (state === 'missing') return 'up';
    if (struck && state === 'up' && this.random() < 0.4 * seconds)
      return TROUBLE[Math.floor(this.random() * 3)]!;
    if (!struck && state === 'up' && this.random() < 0.0012 * seconds)
      return TROUBLE[Math.floor(this.random() * 3)]!;
    if (state !== 'up' && this.random() < (struck ? 0.01 : 0.06) * seconds) return 'up';
    return state;
  }

  private report(
    row: StandingRow,
    serviceId: string,
    from: ServiceState,
    to: ServiceState,
    atMs: number,
  ): void {
    if (from === to || to === 'missing' || from === 'missing' || to === 'unknown') return;
    if (to === 'up') {
      const afterMs = 8_000 + Math.floor(this.random() * 60_000);
      this.addTickerEntry(atMs, { kind: 'service_recovered', teamId: row.team.id, serviceId, afterMs });
    } else if (to === 'down' || this.random() < 0.4) {
      const payPerMinuteCents = row.payPerMinuteCents - 90_000;
      this.addTickerEntry(atMs, {
        kind: 'service_trouble',
        teamId: row.team.id,
        serviceId,
        state: to as 'down',
        payPerMinuteCents,
      });
    }
  }

  private playChaos(atMs: number): void {
    const { view } = this;
    for (const fault of view.faults.filter(({ expiresAt }) => expiresAt <= atMs)) {
      const { injectionId, label, serviceId } = fault;
      this.addTickerEntry(atMs, { kind: 'fault_ended', injectionId, label, serviceId });
    }
    view.faults = view.faults.filter(({ expiresAt }) => expiresAt > atMs);
    const sinceMs = atMs - (view.game.startsAt ?? 0);
    // The made-up timeline: a fault every six minutes, 75 s each.
    if (view.faults.length > 0 || sinceMs % 360_000 < 300_000 || sinceMs % 360_000 > 306_000) return;
    const n = Math.floor(sinceMs / 360_000);
    const index = n % LABELS.length;
    const count = Math.min(view.standings.length, 3);
    const teamIds = Array.from(
      { length: count },
      (_, i) => view.standings[(3 + 3 * i + n) % view.standings.length]!.team.id,
    );
    const fault: PublicFault = {
      injectionId: `chaos-${n}`,
      kind: 'crash',
      serviceId: ['catalog', 'router', 'pricing'][index]!,
      label: LABELS[index]!,
      startedAt: atMs,
      expiresAt: atMs + 75_000,
      teamIds,
    };
    view.faults = [...view.faults, fault];
    const { injectionId, label, serviceId } = fault;
    this.addTickerEntry(atMs, { kind: 'fault_started', injectionId, label, serviceId, teamIds });
  }

  private rank(rows: StandingRow[], atMs: number, before: string[]): void {
    rows.sort((a, b) => b.salaryCents - a.salaryCents);
    const past = this.ranksAMinuteAgo.find(({ at }) => atMs - at <= 60_000)?.ranks;
    rows.forEach((row, index) => {
      row.rank = index + 1;
      row.rankChange = (past?.get(row.team.id) ?? index + 1) - (index + 1);
      const overtaken = before[index]!;
      if (
        index < 5 &&
        before.indexOf(row.team.id) > index &&
        atMs - (this.view.game.startsAt ?? 0) > 120_000
      ) {
        this.addTickerEntry(atMs, {
          kind: 'rank_taken',
          teamId: row.team.id,
          rank: index + 1,
          fromTeamId: overtaken,
        });
      }
    });
    if (atMs - (this.ranksAMinuteAgo.at(-1)?.at ?? 0) >= 5_000) {
      this.ranksAMinuteAgo.push({
        at: atMs,
        ranks: new Map(rows.map(({ team, rank }) => [team.id, rank ?? 0])),
      });
      if (this.ranksAMinuteAgo.length > 15) this.ranksAMinuteAgo.shift();
    }
  }

  private addTickerEntry(at: number, event: TickerEvent): void {
    this.tickerIds += 1;
    this.view.ticker = [{ id: `t${this.tickerIds}`, at, event }, ...this.view.ticker].slice(0, 50);
  }

  private remember(): void {
    for (const series of this.history.series) {
      const row = this.view.standings.find(({ team }) => team.id === series.teamId)!;
      series.at.push(this.view.asOf);
      series.salaryCents.push(row.salaryCents);
    }
  }
}
