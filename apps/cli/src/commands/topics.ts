import type { Command } from 'commander';
import { TOPICS } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { PaydayError } from '#kernel';
import { integer, logSection, section, systemClock, table, withDefault, yesOrNo } from '#runtime';
import { addConfigured } from '../configured-command.js';
import { EXIT } from '../exit-codes.js';
import { writeLine, type Terminal } from '../terminal.js';

const json = withDefault(yesOrNo(), 'false', { flag: 'json', env: 'PAYDAY_JSON', help: 'For machines.' });

const CREATE = {
  log: logSection,
  topics: section({
    partitions: withDefault(integer(1, 1024), '12', {
      flag: 'partitions',
      env: 'PAYDAY_PARTITIONS',
      help: 'Of probe-results and score-updates: at most so many scorers share the work. Fixed for ever.',
    }),
    json,
  }),
};
const LIST = { log: logSection, topics: section({ json }) };

export interface TopicState {
  topic: string;
  /** 0: there is no such topic. */
  partitions: number;
}

export function addTopics(program: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  const topics = program
    .command('topics')
    .description('Makes or lists the topics of an event log; no service ever makes one.');
  addConfigured(topics, 'create', terminal, {
    summary:
      'Makes the topics that do not exist yet. Repeating it is harmless; other numbers of partitions are refused.',
    sections: CREATE,
    run: async (config) => {
      const log = await openEventLog(config.log.url, { clock: systemClock });
      try {
        await log.createTopics(topicSpecs(config.topics.partitions));
        await show(terminal, await topicStates(log), config.topics.json);
      } finally {
        await log.close();
      }
    },
  });
  addConfigured(topics, 'list', terminal, {
    summary: 'Lists the topics with their partitions; exit code 1 if one is missing.',
    sections: LIST,
    run: async (config) => {
      const log = await openEventLog(config.log.url, { clock: systemClock });
      try {
        const states = await topicStates(log);
        await show(terminal, states, config.topics.json);
        if (states.some(({ partitions }) => partitions === 0)) finish(EXIT.failed);
      } finally {
        await log.close();
      }
    },
  });
}

/** Results and scores are spread; game events are few, and their order among games is worth more than their spread. */
export function topicSpecs(partitions: number): TopicState[] {
  const spread: string[] = [TOPICS.probeResults, TOPICS.scoreUpdates];
  return Object.values(TOPICS).map((topic) => ({
    topic,
    partitions: spread.includes(topic) ? partitions : 1,
  }));
}

async function topicStates(log: EventLog): Promise<TopicState[]> {
  const states: TopicState[] = [];
  for (const topic of Object.values(TOPICS)) {
    const partitions = await log.partitions(topic).catch((error: unknown) => {
      if (error instanceof PaydayError && error.code === 'unknown_topic') return 0;
      throw error;
    });
    states.push({ topic, partitions });
  }
  return states;
}

async function show(terminal: Terminal, states: TopicState[], json: boolean): Promise<void> {
  const rows = states.map(({ topic, partitions }) => [
    topic,
    partitions === 0 ? 'missing' : `${partitions} partition${partitions === 1 ? '' : 's'}`,
  ]);
  await writeLine(terminal.stdout, json ? JSON.stringify({ topics: states }) : table(rows, []));
}
