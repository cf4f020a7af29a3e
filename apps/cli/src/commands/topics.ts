import type { Command } from 'commander';
import { TOPICS } from '#contracts';
import type { EventLog } from '#event-log';
import { PaydayError } from '#kernel';
import {
  integer,
  logSection,
  openConfiguredLog,
  section,
  systemClock,
  table,
  withDefault,
  yesOrNo,
  type ConfigOf,
} from '#runtime';
import { configured } from '../configured-command.js';
import { EXIT } from '../exit-codes.js';
import { writeLine, type Terminal } from '../terminal.js';

const json = withDefault(yesOrNo(), 'false', { flag: 'json', env: 'PAYDAY_JSON', help: 'For machines.' });

const CREATE = {
  log: logSection,
  topics: section({
    partitions: withDefault(integer(1, 1024), '12', {
      flag: 'partitions',
      env: 'PAYDAY_PARTITIONS',
      help: 'Partitions of probe-results and score-updates: the maximum number of scorers. It cannot be changed later.',
    }),
    json,
  }),
};
const CREATE_SUMMARY =
  'Creates the topics that do not exist yet. Repeatable; other numbers of partitions are refused.';
const LIST_SUMMARY = 'Lists the topics with their partitions; exit code 1 if one is missing.';
const LIST = { log: logSection, topics: section({ json }) };

interface TopicState {
  topic: string;
  /** 0: there is no such topic. */
  partitions: number;
}

export function addTopics(topics: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  configured(topics.command('create').description(CREATE_SUMMARY), terminal, async () => {
    const { topicSpecs } = await import('../../../all-in-one/src/index.js');
    return {
      sections: CREATE,
      run: (config) =>
        withLog(config.log, async (log) => {
          await log.createTopics(topicSpecs(config.topics.partitions));
          await printTopics(terminal, await topicStates(log), config.topics.json);
        }),
    };
  });
  configured(topics.command('list').description(LIST_SUMMARY), terminal, () => ({
    sections: LIST,
    run: (config) =>
      withLog(config.log, async (log) => {
        const states = await topicStates(log);
        await printTopics(terminal, states, config.topics.json);
        if (states.some(({ partitions }) => partitions === 0)) finish(EXIT.failed);
      }),
  }));
}

async function withLog(
  config: ConfigOf<typeof LIST>['log'],
  use: (log: EventLog) => Promise<void>,
): Promise<void> {
  const log = await openConfiguredLog(config, { clock: systemClock });
  try {
    await use(log);
  } finally {
    await log.close();
  }
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

async function printTopics(terminal: Terminal, states: TopicState[], json: boolean): Promise<void> {
  const rows = states.map(({ topic, partitions }) => [
    topic,
    partitions === 0 ? 'missing' : `${partitions} partition${partitions === 1 ? '' : 's'}`,
  ]);
  await writeLine(terminal.stdout, json ? JSON.stringify({ topics: states }) : table(rows, []));
}
