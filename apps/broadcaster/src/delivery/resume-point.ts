import { PaydayError } from '#kernel';

/** The last frame that a viewer has. */
export interface ResumePoint {
  epoch: string;
  seq: number;
}

const MAX_EPOCH_LENGTH = 64;

/** @throws PaydayError `bad_request` for anything but `{epoch: string, seq: non-negative integer}` */
export function parseResumePoint(payload: unknown): ResumePoint {
  const { epoch, seq } = (payload ?? {}) as { epoch?: unknown; seq?: unknown };
  if (typeof epoch !== 'string' || epoch.length > MAX_EPOCH_LENGTH || !isFrameNumber(seq)) {
    throw new PaydayError(
      'bad_request',
      '"resume" takes {epoch, seq} of the last frame you have: a string and a non-negative integer.',
    );
  }
  return { epoch, seq };
}

/** From a `Last-Event-ID`, `<epoch>:<seq>`; null for anything else, which then gets a snapshot. */
export function parseEventId(text: string | undefined): ResumePoint | null {
  const match = /^([\w-]{1,64}):(\d{1,15})$/.exec(text ?? '');
  return match && { epoch: match[1]!, seq: Number(match[2]) };
}

export function formatEventId({ epoch, seq }: ResumePoint): string {
  return `${epoch}:${seq}`;
}

function isFrameNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
