import type { CloudEvent } from '#contracts';

/**
 * Tells redelivered events of one game from new ones. Sequences start at 1 and increase with each event of one source, so
 * an event whose sequence is not above the last applied one of its source was applied before.
 */
export class AppliedSequences {
  /** Last applied sequence by source. */
  readonly bySource = new Map<string, number>();

  isNew({ source, sequence }: Pick<CloudEvent, 'source' | 'sequence'>): boolean {
    return sequence > (this.bySource.get(source) ?? 0);
  }

  /** Call it once a new event is applied. */
  record({ source, sequence }: Pick<CloudEvent, 'source' | 'sequence'>): void {
    this.bySource.set(source, sequence);
  }
}
