/**
 * How much work one answer may cause, whatever its bytes say. Over any of these the socket is cut, and the answer is the
 * failure `too_large`. All are inclusive.
 */
export interface AnswerLimits {
  /** Status lines, header lines and trailer lines, line breaks included, those of interim answers, too. */
  maxHeadBytes: number;
  /** Header lines and trailer lines, those of interim answers, too. */
  maxFieldLines: number;
  /** Interim answers (status 1xx) before the answer proper. */
  maxInterim: number;
  maxChunks: number;
  /** Size lines of chunks with their extensions, and the line breaks behind the data of chunks. */
  maxFramingBytes: number;
  /** As the body is on the wire, and again after decoding. */
  maxBodyBytes: number;
  /** Pieces in which the answer may arrive: so many, and one more for every `bytesPerRead` bytes received. */
  maxReads: number;
  bytesPerRead: number;
}

/** Far beyond what servers send: 15 KB of cookies are common, a hundred header lines are rare. */
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
 * All limits for answers with at most so many bytes of body. The fields are named one by one: they are read for every answer, and an object
 * that is made by spreading another one into it is slow to read.
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
