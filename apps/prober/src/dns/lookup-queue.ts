import type { Answer, LookupClient } from './answer.js';

/**
 * The lookups of one team. A limited number run at a time, each with a client of its own; the rest wait. Slow names of one
 * team therefore delay only that team.
 */
export class LookupQueue {
  private readonly idle: LookupClient[] = [];
  private readonly waiting: { name: string; done: (answer: Answer) => void }[] = [];
  private busy = 0;

  constructor(
    private readonly makeClient: () => LookupClient,
    /** Concurrent lookups, and lookups that wait for one of those to end. */
    private readonly limits: { outstanding: number; waiting: number },
  ) {}

  get outstanding(): number {
    return this.busy;
  }

  /** Never rejects. A lookup beyond the limits fails immediately. */
  lookup(name: string): Promise<Answer> {
    if (this.busy < this.limits.outstanding) return this.run(name);
    if (this.waiting.length >= this.limits.waiting)
      return Promise.resolve({
        kind: 'none',
        got: `${name}: not looked up, ${this.limits.waiting} lookups of this team are already waiting`,
      });
    return new Promise((done) => this.waiting.push({ name, done }));
  }

  private async run(name: string): Promise<Answer> {
    this.busy++;
    const client = this.idle.pop() ?? this.makeClient();
    try {
      return await client.lookup(name);
    } finally {
      this.busy--;
      this.idle.push(client);
      const next = this.waiting.shift();
      if (next !== undefined) void this.run(next.name).then(next.done);
    }
  }
}
