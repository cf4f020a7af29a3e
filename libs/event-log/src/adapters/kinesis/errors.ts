import { PaydayError, messageOf } from '#kernel';

/** Classification of the AWS client's errors. */
export type FailureKind =
  | 'missing'
  | 'throttled'
  | 'expired'
  | 'invalid'
  | 'in_use'
  | 'refused'
  /** Anything else: the network, a timeout or a server error. It is unknown whether the call took effect. */
  | 'unavailable';

const KINDS: Record<string, FailureKind> = {
  ResourceNotFoundException: 'missing',
  ProvisionedThroughputExceededException: 'throttled',
  LimitExceededException: 'throttled',
  ThrottlingException: 'throttled',
  KMSThrottlingException: 'throttled',
  ExpiredIteratorException: 'expired',
  InvalidArgumentException: 'invalid',
  ValidationException: 'invalid',
  ResourceInUseException: 'in_use',
  AccessDeniedException: 'refused',
  KMSAccessDeniedException: 'refused',
  UnrecognizedClientException: 'refused',
  InvalidSignatureException: 'refused',
  InvalidClientTokenId: 'refused',
  MissingAuthenticationTokenException: 'refused',
  OptInRequired: 'refused',
  CredentialsProviderError: 'refused',
};

export function kindOf(error: unknown): FailureKind {
  return KINDS[(error as { name?: string }).name ?? ''] ?? 'unavailable';
}

/** Maps an error of the client to the port's errors. */
export function asPaydayError(error: unknown, doing: string): PaydayError {
  if (error instanceof PaydayError) return error;
  const kind = kindOf(error);
  if (kind === 'refused')
    return new PaydayError(
      'log_refused',
      `Kinesis does not let this process ${doing}: ${messageOf(error)}. Give AWS credentials (environment, profile ` +
        'or role) that may use kinesis:* on the streams',
      { cause: error },
    );
  return new PaydayError('log_unavailable', `Kinesis could not ${doing}: ${reasonOf(error)}`, {
    cause: error,
    details: { kind },
  });
}

function reasonOf(error: unknown): string {
  const { name } = error as { name?: string };
  return name === undefined || name === 'Error' ? messageOf(error) : `${name}: ${messageOf(error)}`;
}

/** Keys are bound to shards, so a stream that was split, merged or scaled cannot serve as a topic any more. */
export function topicResharded(topic: string): PaydayError {
  return new PaydayError(
    'topic_resharded',
    `the stream of topic "${topic}" was split, merged or scaled: keys are permanently bound to its shards. ` +
      'Use a new topic (or stream prefix), and leave the number of shards alone',
    { details: { topic } },
  );
}

/** Retention has removed the record at a position, and perhaps later ones, so reading on might skip some. */
export function positionExpired(topic: string, partition: number, position: string): PaydayError {
  return new PaydayError(
    'position_expired',
    `cannot read behind ${topic}/${partition} position ${position}: its record is older than the stream's retention and ` +
      'gone, and records behind it may be gone with it. Keep records longer (retentionHours); to accept the gap, remove the stored position',
    { details: { topic, partition, position } },
  );
}
