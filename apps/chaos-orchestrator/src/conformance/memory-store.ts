import type { GameEvent } from '#contracts';
import type { Fault } from '#faults';
import { SOURCE, type ChaosStore, type DoneEntry, type NewEvent, type Recovered } from '../store.js';

/** The store for tests that play whole games: what is in it survives the orchestrator, not the process. */
export class MemoryChaosStore implements ChaosStore {
  readonly events: GameEvent[] = [];
  private readonly done = new Map<string, DoneEntry>();
  private readonly faults = new Map<string, Fault>();

  async recover(recentLimit: number): Promise<Recovered> {
    const all = [...this.faults.values()];
    const strikes = new Map<string, Recovered['strikes'][number]>();
    for (const { gameId, info } of all) {
      const key = `${gameId} ${info.teamId}`;
      const count = (strikes.get(key)?.count ?? 0) + 1;
      strikes.set(key, { gameId, teamId: info.teamId, count });
    }
    return {
      unfinished: all
        .filter(({ info }) => info.state !== 'reverted')
        .sort((a, b) => (a.gameId + a.info.id < b.gameId + b.info.id ? -1 : 1)),
      doneEntries: [...this.done.values()].map(({ gameId, entryId }) => ({ gameId, entryId })),
      strikes: [...strikes.values()],
      recent: all
        .filter(({ info }) => info.state === 'reverted')
        .map(({ info }) => info)
        .reverse()
        .slice(0, recentLimit),
    };
  }

  async takeEntry(entry: DoneEntry, faults: readonly Fault[], events: readonly NewEvent[]): Promise<boolean> {
    const key = `${entry.gameId} ${entry.entryId}`;
    if (this.done.has(key)) return false;
    check(faults);
    this.done.set(key, entry);
    await this.save(faults, events);
    return true;
  }

  async save(faults: readonly Fault[], events: readonly NewEvent[]): Promise<void> {
    check(faults);
    for (const fault of faults) {
      const key = `${fault.gameId} ${fault.info.id}`;
      this.faults.delete(key);
      this.faults.set(key, structuredClone(fault));
    }
    for (const { gameId, ...event } of events) {
      const sequence = this.events.filter(({ subject }) => subject === gameId).length + 1;
      const id = `${gameId}-${sequence}`;
      this.events.push({ ...event, id, source: SOURCE, subject: gameId, sequence } as GameEvent);
    }
  }
}

const STATES = ['armed', 'firing', 'active', 'reverting', 'reverted', 'stuck'];

/** As the table's constraint does. */
function check(faults: readonly Fault[]): void {
  for (const { info } of faults)
    if (!STATES.includes(info.state)) throw new Error(`no fault state: ${info.state}`);
}
