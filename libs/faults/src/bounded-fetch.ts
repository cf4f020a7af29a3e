import { messageOf } from '#kernel';

/** Maximum length of a remote system's answer. */
const MAX_ANSWER_BYTES = 16 * 1024;

export interface BoundedAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Sends one HTTP request of a driver. Refuses redirects, so that secrets reach no other host, and bounds the length of the
 * answer. Rejects with an `Error` whose message says why there is no complete answer.
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

/** Parses JSON; null if the text is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns the beginning of a remote system's text. */
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

/** `fetch` reports "fetch failed" and hides the reason in its cause; failures of several addresses have only a code. */
function reasonOf(thrown: unknown): string {
  const { cause, message } = (thrown ?? {}) as {
    cause?: { message?: string; code?: string };
    message?: string;
  };
  return cause?.message || cause?.code || message || messageOf(thrown);
}
