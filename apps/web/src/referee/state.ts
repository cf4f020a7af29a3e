import { computed, effect, signal } from '@preact/signals';
import type { UnscoredReport } from '#contracts';
import { pickLang, type Lang } from '../model/words.js';
import { REFEREE_WORDS } from './words.js';

/** How often the figures are refreshed while the page is visible. */
const REFRESH_MS = 5_000;
/** The token is kept in the tab only: never in a URL, and discarded with the tab. */
const TOKEN_KEY = 'payday-facilitator-token';

/** What is wrong: the token, the request, or that there is no game. */
export type Trouble = 'refused' | 'unreadable' | 'noGame' | null;

export const lang = signal<Lang>(pickLang(location.search, navigator.languages));
export const words = computed(() => REFEREE_WORDS[lang.value]);
export const token = signal(sessionStorage.getItem(TOKEN_KEY));
export const report = signal<UnscoredReport | null>(null);
/** When `report` was read, epoch ms of this machine. */
export const readAt = signal(0);
export const teamNames = signal<ReadonlyMap<string, string>>(new Map());
export const trouble = signal<Trouble>(null);

effect(() => {
  document.documentElement.lang = lang.value;
  document.title = `${words.value.title} · Payday`;
});

/** Shows the other language and keeps the choice in the URL, so that it survives a reload. */
export function switchLang(): void {
  lang.value = lang.value === 'en' ? 'ja' : 'en';
  const address = new URL(location.href);
  address.searchParams.set('lang', lang.value);
  history.replaceState(null, '', address);
}

export function takeToken(secret: string): void {
  trouble.value = null;
  sessionStorage.setItem(TOKEN_KEY, secret);
  token.value = secret;
  void refresh();
}

export function forgetToken(): void {
  sessionStorage.removeItem(TOKEN_KEY);
  token.value = null;
  report.value = null;
  trouble.value = null;
}

let timer: ReturnType<typeof setTimeout> | undefined;

async function refresh(): Promise<void> {
  clearTimeout(timer);
  const secret = token.value;
  if (secret === null) return;
  if (!document.hidden) await read(secret);
  // The token was discarded, or replaced by one whose report is already being read.
  if (token.value === secret) timer = setTimeout(() => void refresh(), REFRESH_MS);
}

async function read(secret: string): Promise<void> {
  try {
    const signal = AbortSignal.timeout(10_000);
    const headers = { authorization: `Bearer ${secret}` };
    const response = await fetch('/api/v1/unscored', { signal, headers, cache: 'no-store' });
    if (token.value !== secret) return;
    if (response.status === 401 || response.status === 403) {
      forgetToken();
      trouble.value = 'refused';
      return;
    }
    if (response.status === 404) {
      trouble.value = 'noGame';
      return;
    }
    if (!response.ok) throw new Error(`unscored: status ${response.status}`);
    const { gameId, ...figures } = (await response.json()) as UnscoredReport & { gameId: string };
    await readNames(gameId);
    if (token.value !== secret) return;
    report.value = figures;
    readAt.value = Date.now();
    trouble.value = null;
  } catch {
    // The previous report stays, with its time.
    if (token.value === secret) trouble.value = 'unreadable';
  }
}

async function readNames(gameId: string): Promise<void> {
  const response = await fetch(`/api/v1/teams?game=${encodeURIComponent(gameId)}`, {
    signal: AbortSignal.timeout(10_000),
  });
  // Without names the page shows ids.
  if (!response.ok) return;
  const { teams } = (await response.json()) as { teams: { id: string; name: string }[] };
  teamNames.value = new Map(teams.map(({ id, name }) => [id, name]));
}

document.addEventListener('visibilitychange', () => void refresh());
void refresh();
