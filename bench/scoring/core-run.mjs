import { decodeProbeBatch } from '#contracts';
import { createState, missingWindows, restoreWindow, snapshot, step } from '#scoring';
import { BatchStream, SCENARIO, SLOT_MS, SLOTS_PER_SECOND, STARTS_AT, teamId } from './workload.mjs';

/** Maximum number of inputs in one commit, as in the scorer service. */
const MAX_INPUTS_PER_COMMIT = 20_000;

/** One game that the core scores; every call continues where the last one stopped. */
export class CoreRun {
  #state = createState({ leaseMs: 15_000, owns: () => true });
  #stream;
  #slot = 0;
  #waiting = [];
  /** Checksums over all outputs, so that each output is read. */
  drained = { cents: 0, rows: 0, bytes: 0, results: 0 };

  constructor(
    teams,
    size,
    /** Whether each commit also serializes the whole state, as the service does. */ withSnapshot,
    /** Slots of event time per commit; a commit with the maximum number of inputs comes earlier. */ slotsPerCommit = 1,
  ) {
    this.#stream = new BatchStream(teams, size);
    this.teams = teams;
    this.withSnapshot = withSnapshot;
    this.slotsPerCommit = slotsPerCommit;
    step(this.#state, openingEvents(teams));
  }

  /** @returns {{results: number, cpuUs: number}} for `count` seconds of event time; excludes generating the batches */
  seconds(count) {
    const sum = { results: 0, cpuUs: 0 };
    let before;
    for (let i = 0; i < count * SLOTS_PER_SECOND; i++) {
      sum.results += this.slot((phase) => {
        if (phase === 'begin') before = process.cpuUsage();
        else {
          const used = process.cpuUsage(before);
          sum.cpuUs += used.user + used.system;
        }
      });
    }
    return sum;
  }

  /** One slot of event time. @param around has callbacks `begin` and `end` for the measured part @returns results */
  slot(around) {
    const records = this.#stream.next();
    this.#slot++;
    around('begin');
    this.#slotOf(records);
    around('end');
    return this.#stream.resultsPerSlot;
  }

  /** The work of the service between reading records and the transaction. */
  #slotOf(records) {
    for (const bytes of records) {
      this.#waiting.push({ kind: 'batch', batch: decodeProbeBatch(bytes) });
      if (this.#waiting.length >= MAX_INPUTS_PER_COMMIT) this.#commitWaiting();
    }
    if (this.#slot % this.slotsPerCommit === 0) this.#commitWaiting();
  }

  #commitWaiting() {
    const inputs = this.#waiting;
    this.#waiting = [];
    inputs.push({ kind: 'tick', nowMs: STARTS_AT + this.#slot * SLOT_MS });
    this.commit(inputs);
  }

  commit(inputs) {
    for (const window of missingWindows(this.#state, inputs)) restoreWindow(this.#state, window, null);
    const outputs = step(this.#state, inputs);
    const { drained } = this;
    for (const { cents, histogram } of outputs.ledger) {
      drained.cents += cents;
      drained.bytes += histogram?.length ?? 0;
    }
    drained.rows += outputs.ledger.length;
    for (const { bytes } of outputs.windows) drained.bytes += bytes.length;
    for (const { salaryCents } of outputs.scores) drained.cents += salaryCents;
    drained.results += outputs.counters.results;
    if (this.withSnapshot) drained.bytes += snapshot(this.#state).length;
    return outputs;
  }
}

function openingEvents(teams) {
  let sequence = 0;
  const event = (type, data) => ({
    kind: 'event',
    event: {
      id: String(sequence),
      type,
      source: '/control',
      subject: 'game',
      time: 0,
      sequence: ++sequence,
      data,
    },
  });
  return [
    event('dev.payday.game.created', { gameId: 'game', name: 'Bench', seed: 'bench', scenario: SCENARIO }),
    ...Array.from({ length: teams }, (_, i) =>
      event('dev.payday.team.added', {
        team: { id: teamId(i), name: teamId(i), color: '#fff', ranked: true },
      }),
    ),
    event('dev.payday.game.scheduled', { startsAt: STARTS_AT, endsAt: STARTS_AT + SCENARIO.durationMs }),
  ];
}
