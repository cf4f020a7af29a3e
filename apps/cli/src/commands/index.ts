import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';

/** Fills in a command: its options, arguments and subcommands, and what it does. */
type Fill = (command: Command, terminal: Terminal, finish: (exitCode: number) => void) => void;

interface CommandEntry {
  name: string;
  summary: string;
  /** Called only when the command is used, so that help and other commands do not wait for its dependencies. */
  load(): Promise<Fill>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'audit',
    summary:
      'Recomputes the ledger from the raw log and compares it row by row: exit code 0 if equal, else 1. ' +
      'With --log: verifies the audit log of who did what.',
    load: async () => (await import('./audit.js')).addAudit,
  },
  {
    name: 'export',
    summary: 'Writes a game in an open format; docs/scoring.md describes every field.',
    load: async () => (await import('./export.js')).addExport,
  },
  {
    name: 'rescore',
    summary: 'Shows the standings under other pay rules beside the real ones. Changes nothing.',
    load: async () => (await import('./rescore.js')).addRescore,
  },
  {
    name: 'replay',
    summary: 'Plays a finished game on the leaderboard again.',
    load: async () => (await import('./replay.js')).addReplay,
  },
  {
    name: 'scenario',
    summary: 'Checks and shows scenario files; docs/writing-a-scenario.md explains them.',
    load: async () => (await import('./scenario.js')).addScenario,
  },
  {
    name: 'rehearse',
    summary:
      'Plays a scenario in fast-forward with bots in a temporary data folder: exit code 0 if every fault fired, was confirmed ' +
      'and is verified gone, every window was scored, the audit is equal and chaos was fair; else 1.',
    load: async () => (await import('./rehearse.js')).addRehearse,
  },
  {
    name: 'chaos',
    summary: 'Injects faults into a running game, stops them, and shows their state.',
    load: async () => (await import('./chaos.js')).addChaos,
  },
  {
    name: 'run',
    summary:
      'Runs one service as this process: control, prober, ingest, scorer, broadcaster, chaos-orchestrator. ' +
      'payday run <service> --help lists its settings.',
    load: async () => (await import('./run.js')).addRun,
  },
  {
    name: 'up',
    summary:
      'Plays a game in the distributed shape on this machine: every service a process of its own, on Kafka and PostgreSQL if ' +
      'they are given. Topics and schema are created; everything is behind one address.',
    load: async () => (await import('./up.js')).addUp,
  },
  {
    name: 'topics',
    summary: 'Creates or lists the topics of an event log; services never create them.',
    load: async () => (await import('./topics.js')).addTopics,
  },
  {
    name: 'migrate',
    summary: 'Brings the database schema up to date. Repeatable; concurrent runs take turns.',
    load: async () => (await import('./migrate.js')).addMigrate,
  },
  {
    name: 'token',
    summary: 'Creates, lists and revokes API tokens.',
    load: async () => (await import('./token.js')).addToken,
  },
];

/** The command of a command line; undefined: none, general help, or one that does not exist. */
export function commandOf(argv: readonly string[]): CommandEntry | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  const name = words[0] === 'help' ? words[1] : words[0];
  return COMMANDS.find((command) => command.name === name);
}
