import { PROBE_BATCH_LIMITS } from '#contracts';

/** A text for people on one line: control characters become spaces, at most 200 characters, no surrogate pair split. */
export function clip(text: string, maxLength: number = PROBE_BATCH_LIMITS.maxSampleTextLength): string {
  // eslint-disable-next-line no-control-regex
  const line = text.slice(0, maxLength * 4).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  if (line.length <= maxLength) return line;
  return `${line.slice(0, maxLength - 1)}…`.replace(/[\ud800-\udbff]…$/, '…');
}
