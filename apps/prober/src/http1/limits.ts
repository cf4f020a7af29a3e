/**
 * How much work one answer may cause. Beyond any of these limits the socket is closed, and the answer is the
 * failure `too_large`. All limits are inclusive.
 */
export interface AnswerLimits {
  /** Bytes of status, header and trailer lines, including line breaks and interim answers. */
  maxHeadBytes: number;
  /** Number of header and trailer lines, including those of interim answers. */
  maxFieldLines: number;
  /** Interim answers (status 1xx) before the final answer. */
  maxInterim: number;
  maxChunks: number;
  /** Bytes of chunk size lines with their extensions, and of the line breaks after chunk data. */
  maxFramingBytes: number;
  /** Bytes of the body as sent, and again after decoding. */
  maxBodyBytes: number;
  /** Reads that an answer may take, plus one for every `bytesPerRead` bytes received. */
  maxReads: number;
  bytesPerRead: number;
}

/** Far more than servers send: 15 KB of cookies are common, a hundred header lines are rare. */
export const ANSWER_LIMITS: Omit<AnswerLimits, 'maxBodyBytes'> = {
  maxHeadBytes: 64 * 1024,
  maxFieldLines: 256,
  maxInterim: 8,
  maxChunks: 2_048,
  maxFramingBytes: 32 * 1024,
  maxReads: 256,
  bytesPerRead: 64,
};

/**
 * All limits, for answers with at most this many bytes of body. The fields are listed one by one because they are read for every
 * answer, and reading an object that was made with spread syntax is slow.
 */
export function answerLimits(maxBodyBytes: number): AnswerLimits {
  const { maxHeadBytes, maxFieldLines, maxInterim, maxChunks, maxFramingBytes, maxReads, bytesPerRead } =
    ANSWER_LIMITS;
  return {
    maxHeadBytes,
    maxFieldLines,
    maxInterim,
    maxChunks,
    maxFramingBytes,
    maxBodyBytes,
    maxReads,
    bytesPerRead,
  };
}
