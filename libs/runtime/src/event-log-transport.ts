import { BaseRpcContext, EventPattern, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { decodeCloudEvent, type GameEventType } from '#contracts';
import { PoisonRecordError, type Consumer, type EventLog, type StoredRecord } from '#event-log';
import type { Logger } from './logger.js';

/** Every game event type. A service that reads game events declares for each whether it handles or ignores it. */
export const GAME_EVENT_TYPES: readonly GameEventType[] = [
  'dev.payday.game.created',
  'dev.payday.team.added',
  'dev.payday.team.changed',
  'dev.payday.team.proof-changed',
  'dev.payday.endpoint.changed',
  'dev.payday.game.scheduled',
  'dev.payday.game.paused',
  'dev.payday.game.resumed',
  'dev.payday.game.ended',
  'dev.payday.game.frozen',
  'dev.payday.game.thawed',
  'dev.payday.game.revealed',
  'dev.payday.game.sealed',
  'dev.payday.adjustment.made',
  'dev.payday.fault.changed',
  'dev.payday.windows.excused',
  'dev.payday.announcement.made',
];

/** Marks the handler of all game events. It receives decoded `GameEvent`s one by one, in order, at least once. */
export function OnGameEvent(): MethodDecorator {
  return EventPattern([...GAME_EVENT_TYPES]) as MethodDecorator;
}

/**
 * Delivers CloudEvents of a topic to Nest's `@EventPattern` handlers, in order and at least once.
 * The log retries after a handler rejects. An event without a handler is poison: it goes to the dead-letter topic with
 * the reason and is never dropped silently.
 */
export class EventLogTransport extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private consumer: Consumer | undefined;

  constructor(
    private readonly options: {
      log: EventLog;
      topic: string;
      deadLetterTopic: string;
      logger: Logger;
      /** Called when everything that was in the log at the start has been handled. */
      onCaughtUp?: () => void;
    },
  ) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  private async start(): Promise<void> {
    const { log, topic, logger } = this.options;
    this.consumer = log.consume({
      topic,
      startAt: () => 'earliest',
      deadLetterTopic: this.options.deadLetterTopic,
      onError: (err) => logger.warn({ err, topic }, 'retrying the delivery of game events'),
      onBatch: async ({ records }) => {
        for (const record of records) await this.deliver(record);
      },
    });
    await this.consumer.ready;
    // A consumer that closes before has nothing to report.
    void this.consumer.caughtUp().then(this.options.onCaughtUp, () => undefined);
  }

  private async deliver(record: StoredRecord): Promise<void> {
    let event;
    try {
      event = decodeCloudEvent(record);
    } catch (cause) {
      throw new PoisonRecordError(record, `not a CloudEvent: ${String(cause)}`);
    }
    const handler = this.getHandlerByPattern(event.type);
    if (!handler) throw new PoisonRecordError(record, `no handler for events of type ${event.type}`);
    const result: unknown = await handler(event, new BaseRpcContext([record]));
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }

  async close(): Promise<void> {
    await this.consumer?.close();
  }

  on(): never {
    throw new Error('EventLogTransport emits no events');
  }

  unwrap<T>(): T {
    return this.options.log as T;
  }
}
