import { PaydayError, messageOf } from '#kernel';
import type * as Sdk from '@aws-sdk/client-kinesis';
import type { KinesisSettings } from './settings.js';

export interface Shard {
  id: string;
  /** Range of hash keys, both inclusive. */
  firstHashKey: bigint;
  lastHashKey: bigint;
  /** No record of the shard has a lower sequence number. */
  startSequence: bigint;
  isClosed: boolean;
}

export interface RawRecord {
  sequence: string;
  data: Uint8Array;
  partitionKey: string;
  /** Epoch ms by the server's clock. */
  arrivedAt: number;
}

export interface Fetched {
  records: RawRecord[];
  /** Undefined at the end of a closed shard. */
  next: string | undefined;
  /** Distance to the newest record, ms; 0: the reader has caught up. */
  behindMs: number;
}

export type IteratorStart =
  | { type: 'TRIM_HORIZON' | 'LATEST' }
  | { type: 'AT_SEQUENCE_NUMBER'; sequence: string }
  | { type: 'AT_TIMESTAMP'; at: number };

export interface StreamSummary {
  status: string;
  shards: number;
  retentionHours: number;
  createdAt: number;
}

/** Maximum number of records per call. */
export const FETCH_LIMIT = 10_000;
/** Limits the delay that a half-open connection causes. */
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;

/** The Kinesis calls that a log needs, each tried once: the caller knows which may be retried, and when. */
export class KinesisApi {
  private constructor(
    private readonly sdk: typeof Sdk,
    private readonly client: Sdk.KinesisClient,
  ) {}

  /** @throws PaydayError `adapter_unavailable`. */
  static async open({ region, endpoint }: KinesisSettings): Promise<KinesisApi> {
    try {
      const sdk = await import('@aws-sdk/client-kinesis');
      const { NodeHttpHandler } = await import('@smithy/node-http-handler');
      const client = new sdk.KinesisClient({
        region,
        ...(endpoint !== undefined && { endpoint }),
        maxAttempts: 1,
        // The client defaults to HTTP/2 for a call that we don't use; emulators and proxies speak HTTP/1.1.
        requestHandler: new NodeHttpHandler({
          requestTimeout: REQUEST_TIMEOUT_MS,
          throwOnRequestTimeout: true,
          connectionTimeout: CONNECT_TIMEOUT_MS,
        }),
      });
      return new KinesisApi(sdk, client);
    } catch (cause) {
      throw new PaydayError(
        'adapter_unavailable',
        `the event log "kinesis:" needs the npm packages @aws-sdk/client-kinesis and @smithy/node-http-handler, which ` +
          `cannot be loaded: ${messageOf(cause)}. Run \`npm install\``,
        { cause },
      );
    }
  }

  async createStream(stream: string, shards: number): Promise<void> {
    await this.client.send(
      new this.sdk.CreateStreamCommand({
        StreamName: stream,
        ShardCount: shards,
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
      }),
    );
  }

  async keepFor(stream: string, hours: number): Promise<void> {
    await this.client.send(
      new this.sdk.IncreaseStreamRetentionPeriodCommand({ StreamName: stream, RetentionPeriodHours: hours }),
    );
  }

  async describe(stream: string): Promise<StreamSummary> {
    const { StreamDescriptionSummary: summary } = await this.client.send(
      new this.sdk.DescribeStreamSummaryCommand({ StreamName: stream }),
    );
    return {
      status: summary!.StreamStatus!,
      shards: summary!.OpenShardCount!,
      retentionHours: summary!.RetentionPeriodHours!,
      createdAt: summary!.StreamCreationTimestamp!.getTime(),
    };
  }

  async shards(stream: string): Promise<Shard[]> {
    const shards: Shard[] = [];
    let next: string | undefined;
    do {
      const page: Sdk.ListShardsCommandOutput = await this.client.send(
        new this.sdk.ListShardsCommand(next === undefined ? { StreamName: stream } : { NextToken: next }),
      );
      for (const { ShardId, HashKeyRange, SequenceNumberRange } of page.Shards ?? [])
        shards.push({
          id: ShardId!,
          firstHashKey: BigInt(HashKeyRange!.StartingHashKey!),
          lastHashKey: BigInt(HashKeyRange!.EndingHashKey!),
          startSequence: BigInt(SequenceNumberRange!.StartingSequenceNumber!),
          isClosed: SequenceNumberRange!.EndingSequenceNumber !== undefined,
        });
      next = page.NextToken;
    } while (next !== undefined);
    return shards;
  }

  async iterator(stream: string, shardId: string, start: IteratorStart): Promise<string> {
    const { ShardIterator } = await this.client.send(
      new this.sdk.GetShardIteratorCommand({
        StreamName: stream,
        ShardId: shardId,
        ShardIteratorType: start.type,
        ...('sequence' in start && { StartingSequenceNumber: start.sequence }),
        ...('at' in start && { Timestamp: new Date(start.at) }),
      }),
    );
    return ShardIterator!;
  }

  async fetch(iterator: string, limit = FETCH_LIMIT): Promise<Fetched> {
    const { Records, NextShardIterator, MillisBehindLatest } = await this.client.send(
      new this.sdk.GetRecordsCommand({ ShardIterator: iterator, Limit: limit }),
    );
    return {
      records: (Records ?? []).map(({ SequenceNumber, Data, PartitionKey, ApproximateArrivalTimestamp }) => ({
        sequence: SequenceNumber!,
        data: Data!,
        partitionKey: PartitionKey!,
        arrivedAt: ApproximateArrivalTimestamp?.getTime() ?? 0,
      })),
      next: NextShardIterator,
      behindMs: MillisBehindLatest ?? 0,
    };
  }

  /** @param after the sequence number that the record must follow. */
  async putRecord(
    stream: string,
    record: { data: Uint8Array; partitionKey: string; hashKey: bigint; after: string | undefined },
  ): Promise<{ sequence: string; shardId: string }> {
    const { SequenceNumber, ShardId } = await this.client.send(
      new this.sdk.PutRecordCommand({
        StreamName: stream,
        Data: record.data,
        PartitionKey: record.partitionKey,
        ExplicitHashKey: String(record.hashKey),
        ...(record.after !== undefined && { SequenceNumberForOrdering: record.after }),
      }),
    );
    return { sequence: SequenceNumber!, shardId: ShardId! };
  }

  close(): void {
    this.client.destroy();
  }
}
