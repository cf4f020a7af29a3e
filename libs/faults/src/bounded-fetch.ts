import { messageOf } from '#kernel';

/** Longer answers of a far side are not read. */
const MAX_ANSWER_BYTES = 16 * 1024;

export interface BoundedAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

/**
 * One HTTP request of a driver. A redirect is refused, so that secrets go nowhere else, and the answer is read up
 * to a bound. Rejects with an `Error` whose message says why no whole answer came.
 */
export async function boundedFetch(
  url: URL,
  init: RequestInit,
  maxBytes = MAX_ANSWER_BYTES,
): Promise<BoundedAnswer> {
  try {
    const response = await fetch(url, { ...init, redirect: 'error' });
    return { status: response.status, ok: response.ok, text: await boundedText(response, maxBytes) };
  } catch (thrown) {
    throw new Error(reasonOf(thrown), { cause: thrown });
  }
}

/** The parsed JSON, or null where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The beginning of somebody else's text. */
export function excerpt(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch says "fetch failed" and hides the reason in its cause; several addresses' failures have only a code. */
function reasonOf(thrown: unknown): string {
  const { cause, message } = (thrown ?? {}) as {
    cause?: { message?: string; code?: string };
    message?: string;
  };
  return cause?.message || cause?.code || message || messageOf(thrown);
}
