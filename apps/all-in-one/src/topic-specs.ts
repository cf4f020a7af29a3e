import { TOPICS } from '#contracts';
import type { TopicSpec } from '#event-log';

/**
 * Every topic of an installation. Results and scores are spread over `partitions`; game events are few, and their order
 * across games is worth more than their spread.
 */
export function topicSpecs(partitions: number): TopicSpec[] {
  const spread: readonly string[] = [TOPICS.probeResults, TOPICS.scoreUpdates];
  return Object.values(TOPICS).map((topic) => ({
    topic,
    partitions: spread.includes(topic) ? partitions : 1,
  }));
}
