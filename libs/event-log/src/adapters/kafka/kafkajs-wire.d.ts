/**
 * The types of kafkajs 2.2.4's protocol layer, below its producer and consumer, as far as this adapter uses it
 * (docs/adr/0012-kafka-on-the-wire-layer.md). They follow its sources; the version is pinned.
 */
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, Logger, RetryOptions, SASLOptions } from 'kafkajs';

  interface WireMessage {
    key: Buffer;
    value: Buffer;
    headers: Record<string, Buffer>;
    /** Epoch ms, decimal. */
    timestamp: string;
  }

  interface FetchedMessage {
    key: Buffer | null;
    value: Buffer | null;
    headers: Record<string, Buffer | Buffer[] | null>;
    offset: string;
    /** Epoch ms, decimal. */
    timestamp: string;
    /** A transaction marker, not a record. */
    isControlRecord?: boolean;
  }

  interface FetchedPartition {
    partition: number;
    /** The offset after the last record visible to readers. */
    highWatermark: string;
    messages: FetchedMessage[];
  }

  interface TopicPartitions<T> {
    topic: string;
    partitions: T[];
  }

  interface Broker {
    nodeId: number;
    fetch(request: {
      maxWaitTime: number;
      minBytes: number;
      maxBytes: number;
      isolationLevel: number;
      topics: TopicPartitions<{ partition: number; fetchOffset: string; maxBytes: number }>[];
    }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
    produce(request: {
      acks: number;
      timeout: number;
      producerId: string;
      producerEpoch: number;
      topicData: TopicPartitions<{ partition: number; firstSequence: number; messages: WireMessage[] }>[];
    }): Promise<{
      topics: { topicName: string; partitions: { partition: number; baseOffset: string }[] }[];
    }>;
    initProducerId(request: {
      transactionalId: string | null;
      transactionTimeout: number;
    }): Promise<{ producerId: string; producerEpoch: number }>;
    createTopics(request: {
      topics: {
        topic: string;
        numPartitions: number;
        replicationFactor: number;
        configEntries: { name: string; value: string }[];
      }[];
      timeout: number;
    }): Promise<unknown>;
    joinGroup(request: {
      groupId: string;
      sessionTimeout: number;
      rebalanceTimeout: number;
      memberId: string;
      groupProtocols: { name: string; metadata: Buffer }[];
    }): Promise<{
      generationId: number;
      leaderId: string;
      memberId: string;
      members: { memberId: string; memberMetadata: Buffer }[];
    }>;
    syncGroup(request: {
      groupId: string;
      generationId: number;
      memberId: string;
      groupAssignment: { memberId: string; memberAssignment: Buffer }[];
    }): Promise<{ memberAssignment: Buffer }>;
    heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
    leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  }

  class Cluster {
    constructor(options: {
      logger: Logger;
      socketFactory: ISocketFactory;
      brokers: string[];
      clientId: string;
      ssl?: object | undefined;
      sasl?: SASLOptions | undefined;
      connectionTimeout: number;
      authenticationTimeout: number;
      reauthenticationThreshold: number;
      requestTimeout: number;
      enforceRequestTimeout: boolean;
      metadataMaxAge: number;
      retry: RetryOptions;
      allowAutoTopicCreation: boolean;
      maxInFlightRequests: number | null;
      isolationLevel: number;
    });
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addTargetTopic(topic: string): Promise<void>;
    refreshMetadata(): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
    getNodeIds(): (number | string)[];
    findBroker(node: { nodeId: number | string }): Promise<Broker>;
    findControllerBroker(): Promise<Broker>;
    findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<TopicPartitions<{ partition: number; offset: string }>[]>;
  }
  export = Cluster;
}
