import { ID_PATTERN } from '#kernel';
import { z } from 'zod';
import { integer } from './fields.js';

/** `POST /api/v1/probe-batches`: what is durable now. */
export const IngestReceipt = z.object({
  acceptedBatches: integer('Batches that are durable now because of this request'),
  acceptedResults: integer('Results in these batches'),
  duplicateBatches: integer('Batches that had been accepted before'),
});
export type IngestReceipt = z.infer<typeof IngestReceipt>;

const id = z.string().regex(ID_PATTERN, 'must be an id');

/** `POST /api/v1/probe-batches/endpoint-findings`: what a prober found out about the owners of endpoints. */
export const EndpointFindings = z.strictObject({
  gameId: id,
  findings: z
    .array(
      z.strictObject({
        teamId: id,
        serviceId: id,
        kind: z.enum(['unproven', 'foreign', 'proven']),
        shownTeamId: id.optional(),
        got: z.string().max(200).optional(),
      }),
    )
    .min(1)
    .max(100),
});

export const TakenFindings = z.object({ taken: z.int() });
export type TakenFindings = z.infer<typeof TakenFindings>;
