import { z } from 'zod';
import { epochMs, integer, text } from './fields.js';

/** Whether the windows that a fault strikes count, or are left out of that team's pay for that service (docs/scoring.md, "Excused windows"). */
export const FaultScoring = z.enum(['count', 'pause']);
export type FaultScoring = z.infer<typeof FaultScoring>;

/** What one fault on one team is doing. Its transitions are in `libs/faults`. */
export const FaultState = z.enum(['armed', 'firing', 'active', 'reverting', 'reverted', 'stuck']);
export type FaultState = z.infer<typeof FaultState>;

/** Cents that are expected, never negative. */
const expectedCents = (what: string) => z.int().min(0).describe(what);

/** One fault on one team. */
export const FaultInfo = z.object({
  id: text('<injection id>/<team id>').meta({ example: 'bad-deploy/fenrir-works' }),
  injectionId: text('Groups the faults of one timeline entry or command').meta({ example: 'bad-deploy' }),
  kind: text('Kind of fault; docs/faults.md lists them').meta({ example: 'wrong-answer' }),
  teamId: text('The team that it strikes').meta({ example: 'fenrir-works' }),
  serviceId: text('The service that it strikes').meta({ example: 'catalog' }),
  label: text('Shown to the audience').meta({ example: 'Someone shipped a bad version of catalog' }),
  state: FaultState,
  detail: text('Why it is in that state, for people; may be empty'),
  startedAt: epochMs('When it began to fire'),
  expiresAt: epochMs('When its time to live ends'),
  scoring: FaultScoring.optional().describe(
    'pause: the windows that it strikes do not score for the team. Default: count',
  ),
  // The estimate covers the time to live, or up to where somebody other than the team stopped the fault; the team's
  // repairs don't change it. It is 0 for a traffic spike, in windows that don't score, and where nothing was deployed.
  expectedCostCents: expectedCents(
    'What it is expected to cost a team that serves well; absent in games from before faults had a price',
  )
    .meta({ example: 15_819 })
    .optional(),
  expectedGainCents: expectedCents(
    'What a traffic spike is expected to bring such a team; absent for every other kind',
  )
    .meta({ example: 9_972 })
    .optional(),
});
export type FaultInfo = z.infer<typeof FaultInfo>;

/** How much harm a team (or all teams together) was dealt by faults. Traffic spikes are not harm. */
export const ChaosAmount = z.object({
  count: integer('Faults that struck, without traffic spikes: seen to act, or possibly acting now'),
  dealtMs: integer('What they were meant to last, together; the same for quick and for slow teams'),
  actedMs: integer('What they really lasted, together: a team that repairs one shortens it'),
  dealtCents: integer('What they were expected to cost, together; repairing one changes nothing').min(0),
});
export type ChaosAmount = z.infer<typeof ChaosAmount>;

export const SpikeAmount = z.object({
  count: integer('Traffic spikes that came'),
  dealtMs: integer('What they were meant to last, together'),
  gainCents: integer('What they were expected to bring, together').min(0),
});
export type SpikeAmount = z.infer<typeof SpikeAmount>;

export const TeamChaos = ChaosAmount.extend({
  teamId: text('Id of the team').meta({ example: 'fenrir-works' }),
  inPlay: z
    .boolean()
    .describe('Whether it is ranked and has something deployed: only then fairness applies to it'),
  // A newcomer gets the median of the others, so that it is neither struck first for being new, nor spared.
  creditCents: integer(
    'What it counts as having been dealt before it came: the median of the others by then; 0 for a team that came before the first fault',
  ).min(0),
  byKind: z.record(z.string(), ChaosAmount).describe('By kind of fault, without traffic spikes'),
  spikes: SpikeAmount.describe('Traffic spikes: they are paid for, and do no harm'),
});
export type TeamChaos = z.infer<typeof TeamChaos>;

/** What faults were expected to cost each team of a game. */
export const ChaosReport = z.object({
  teams: z.array(TeamChaos).describe('Every team, in the order in which they joined'),
  dealtCents: integer('What all teams together were dealt'),
  spread: ChaosAmount.describe(
    'Most minus least of any team in play; money including what a team was credited',
  ),
  typicalCents: integer(
    'The median of what the faults that struck were expected to cost: a spread of dealtCents up to it is fair',
  ),
});
export type ChaosReport = z.infer<typeof ChaosReport>;
