import { ID_PATTERN } from '#kernel';
import { z } from 'zod';

/** `POST /api/v1/probe-batches`: what is durable now. */
export const IngestReceipt = z.object({
  acceptedBatches: z.int(),
  acceptedResults: z.int(),
  duplicateBatches: z.int(),
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
