import { ResumePoint } from '#contracts/api';
import { PaydayError } from '#kernel';

/** @throws PaydayError `bad_request` for anything but `{epoch: string, seq: non-negative integer}` */
export function parseResumePoint(payload: unknown): ResumePoint {
  const read = ResumePoint.safeParse(payload);
  if (read.success) return read.data;
  throw new PaydayError(
    'bad_request',
    '"resume" takes {epoch, seq} of the last frame you have: a string and a non-negative integer.',
  );
}

/** From a `Last-Event-ID`, `<epoch>:<seq>`; null for anything else, which then gets a snapshot. */
export function parseEventId(text: string | undefined): ResumePoint | null {
  const match = /^([\w-]{1,64}):(\d{1,15})$/.exec(text ?? '');
  return match && { epoch: match[1]!, seq: Number(match[2]) };
}

export function formatEventId({ epoch, seq }: ResumePoint): string {
  return `${epoch}:${seq}`;
}
