import type { CheckSpec } from '#contracts';
import { PaydayError } from '#kernel';
import { UUID_PLACEHOLDER, fillJson, fillText } from './placeholders.js';

export interface RenderedRequest {
  method: CheckSpec['request']['method'];
  /** Path and query, appended to the endpoint. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** What `judge` compares the answer with. */
  expect: CheckSpec['expect'];
}

/**
 * The request of one arrival: placeholders filled from the case, `{{uuid}}` from `uuid`. Values are URI-encoded in
 * the path and inserted unchanged elsewhere. A body that is not text is sent as JSON, with that content type
 * unless the check sets one.
 * @throws PaydayError `unknown_case`.
 */
export function renderRequest(check: CheckSpec, caseIndex: number, uuid: string): RenderedRequest {
  const found = check.cases[caseIndex];
  if (found === undefined)
    throw new PaydayError('unknown_case', `check "${check.id}" has no case ${caseIndex}`);
  const values = { ...found, [UUID_PLACEHOLDER]: uuid };
  const { method, path, headers, body } = check.request;
  const filled = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, fillText(value, values)]),
  );
  const rendered: RenderedRequest = {
    method,
    path: fillText(path, values, encodeURIComponent),
    headers: filled,
    expect: {
      status: check.expect.status,
      ...(check.expect.json === undefined ? {} : { json: fillJson(check.expect.json, values) }),
      ...(check.expect.contains === undefined ? {} : { contains: fillText(check.expect.contains, values) }),
    },
  };
  if (body === undefined) return rendered;
  if (typeof body === 'string') return { ...rendered, body: fillText(body, values) };
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  if (!named) rendered.headers['content-type'] = 'application/json';
  return { ...rendered, body: JSON.stringify(fillJson(body, values)) };
}
