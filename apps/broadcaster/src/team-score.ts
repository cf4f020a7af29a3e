import type { CloudEvent, ScoreUpdate } from '#contracts';
import { PaydayError } from '#kernel';

/** @throws PaydayError `invalid_event` unless the record is a score update with valid numbers. */
export function asScoreUpdate(event: CloudEvent): ScoreUpdate {
  if (event.type !== 'dev.payday.team.scored') throw invalid(`its type is ${event.type}`);
  const { data } = event as ScoreUpdate;
  if (typeof data !== 'object' || data === null) throw invalid('its data is no object');
  for (const field of ['gameId', 'teamId'] as const)
    if (typeof data[field] !== 'string') throw invalid(`${field} is no text`);
  for (const field of ['commitSeq', 'asOf', 'salaryCents', 'payPerMinuteCents'] as const)
    if (!Number.isSafeInteger(data[field])) throw invalid(`${field} is not a whole number`);
  for (const field of ['oneMinuteCents', 'fiveMinutesCents'] as const)
    if (!Number.isSafeInteger(data.trend?.[field])) throw invalid(`trend.${field} is not a whole number`);
  if (data.final !== undefined && typeof data.final !== 'boolean') throw invalid('final is no boolean');
  if (!Array.isArray(data.services)) throw invalid('services is no list');
  if (data.requests !== undefined && !Array.isArray(data.requests)) throw invalid('requests is no list');
  return event as ScoreUpdate;
}

function invalid(why: string): PaydayError {
  return new PaydayError('invalid_event', `the record is not a score update: ${why}`);
}
