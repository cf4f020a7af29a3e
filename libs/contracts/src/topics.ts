/** The topics of one installation. Names are prefixed by configuration (`TopicNames`). */
export const TOPICS = {
  /** Key: game. CloudEvents about games, teams, endpoints and faults. */
  gameEvents: 'payday.game-events',
  /** Key: game/team. `ProbeBatch` in protobuf. */
  probeResults: 'payday.probe-results',
  /** Key: game/team. CloudEvents. Absolute salaries after each commit. */
  scoreUpdates: 'payday.score-updates',
  /** Key: source topic. Records that could not be read, and why. */
  deadLetters: 'payday.dead-letters',
} as const;

export type TopicName = (typeof TOPICS)[keyof typeof TOPICS];

/** The log key of everything that changes one team's salary. */
export function teamKey(gameId: string, teamId: string): string {
  return `${gameId}/${teamId}`;
}
