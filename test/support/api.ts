import { Validator } from '@seriousme/openapi-schema-validator';
import type { LedgerEntry, LedgerPage, StandingRow, StandingsView } from '#contracts';

export interface Answer<T> {
  status: number;
  contentType: string;
  body: T;
}

/** Fetches a URL of a game; JSON bodies are parsed, others are text. */
export async function get<T = unknown>(url: string, init: RequestInit = {}): Promise<Answer<T>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000), ...init });
  const contentType = response.headers.get('content-type') ?? '';
  const text = await response.text();
  return {
    status: response.status,
    contentType,
    body: (/[/+]json\b/.test(contentType) ? JSON.parse(text) : text) as T,
  };
}

export async function standings(url: string): Promise<StandingsView> {
  const { status, body } = await get<StandingsView>(`${url}/api/v1/standings`);
  if (status !== 200) throw new Error(`standings: ${status} ${JSON.stringify(body)}`);
  return body;
}

export function rowOf(view: StandingsView, teamId: string): StandingRow {
  const row = view.standings.find(({ team }) => team.id === teamId);
  if (!row) throw new Error(`the standings hold no team ${teamId}`);
  return row;
}

/** The API's largest page: one answer is one snapshot of the database. */
const PAGE = 5_000;

/** One page about one team, unchanged. @param init of a facilitator: with the samples */
export async function ledgerPage(url: string, teamId: string, init: RequestInit = {}): Promise<LedgerPage> {
  const { status, body } = await get<LedgerPage>(`${url}/api/v1/ledger?team=${teamId}&limit=${PAGE}`, init);
  if (status !== 200) throw new Error(`ledger of ${teamId}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** All entries of a game that is over, page by page. */
export async function wholeLedger(url: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body }: Answer<LedgerPage> = await get(`${url}/api/v1/ledger?limit=${PAGE}${query}`);
    entries.push(...body.entries);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return entries;
}

export function sumOfCents(entries: readonly { cents: number }[]): number {
  return entries.reduce((sum, { cents }) => sum + cents, 0);
}

interface OpenApi {
  paths: Record<string, Record<string, { tags?: string[] }>>;
  tags: { name: string }[];
}

/** The paths of the OpenAPI document. @throws if it is invalid by the standard's own schema, or has undocumented tags */
export async function documentedPaths(url: string): Promise<string[]> {
  const { body } = await get<OpenApi>(`${url}/api/openapi.json`);
  const { valid, errors } = await new Validator().validate({ ...structuredClone(body) });
  if (!valid) throw new Error(`the OpenAPI document is none: ${JSON.stringify(errors)}`);
  const explained = body.tags.map(({ name }) => name);
  for (const [path, operations] of Object.entries(body.paths))
    for (const { tags = [] } of Object.values(operations))
      for (const tag of tags) if (!explained.includes(tag)) throw new Error(`${path}: no tag "${tag}"`);
  return Object.keys(body.paths);
}
