import { computed, effect, signal } from '@preact/signals';
import type { SalaryHistory, StandingsView } from '#contracts';
import { connectLeaderboard, type ConnectionView } from '#client';
import { chaosSpans, extend, mergeHistory, type ChaosSpan, type SeriesByTeam } from './model/history.js';
import { freshness } from './model/freshness.js';
import { layoutFor } from './model/layout.js';
import { steadyOrder, type ShownOrder } from './model/steady-order.js';
import { pickLang, WORDS, type Lang } from './model/words.js';

/** How often clocks and ages are redrawn. */
const TICK_MS = 200;
const HISTORY_RETRY_MS = 5_000;

const store = connectLeaderboard({ url: location.origin });

export const view = signal<StandingsView | null>(null);
export const connection = signal<ConnectionView>(store.connection);
/** The server's clock, epoch ms, and the age of the data in ms; both redrawn every `TICK_MS`. */
export const serverNow = signal(store.serverNowMs());
export const age = signal<number | null>(null);
export const series = signal<SeriesByTeam>(new Map());
export const chaos = signal<readonly ChaosSpan[]>([]);

export const lang = signal<Lang>(pickLang(location.search, navigator.languages));
export const words = computed(() => WORDS[lang.value]);

const stackedQuery = matchMedia('(max-width: 60rem), (max-aspect-ratio: 5/4)');
const stacked = signal(stackedQuery.matches);
stackedQuery.addEventListener('change', () => (stacked.value = stackedQuery.matches));

export const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

export const teamCount = computed(() => view.value?.standings.length ?? 0);
export const layout = computed(() => layoutFor(teamCount.value, stacked.value));
export const fresh = computed(() => {
  const state = view.value?.game.state ?? 'lobby';
  // Reading `serverNow` makes this follow the tick.
  return freshness(state, age.value, connection.value, serverNow.value && performance.now());
});

/** The services, as an object that stays the same between frames, so that rows that read it are not redrawn by each frame. */
export const services = computed(() => view.value?.services ?? []);

/**
 * Who plays, as text: it changes when a team joins or changes, not with each frame. Components that draw names, colours or who is
 * ranked without following the view reads this.
 */
export const teams = computed(() =>
  JSON.stringify(
    (view.value?.standings ?? []).map(({ team }) => team).sort((a, b) => (a.id < b.id ? -1 : 1)),
  ),
);

/** The name of a team now, for sentences about it; it does not subscribe. Teams that have left keep their id. */
export function teamName(teamId: string): string {
  return view.peek()?.standings.find(({ team }) => team.id === teamId)?.team.name ?? teamId;
}

effect(() => {
  document.documentElement.lang = lang.value;
});
const gameName = computed(() => view.value?.game.name);
effect(() => {
  document.title = gameName.value ? words.value.title(gameName.value) : 'Payday';
});

/** Shows the other language and keeps the choice in the URL, so that it survives a reload. */
export function switchLang(): void {
  lang.value = lang.value === 'en' ? 'ja' : 'en';
  const address = new URL(location.href);
  address.searchParams.set('lang', lang.value);
  history.replaceState(null, '', address);
}

let order: ShownOrder | null = null;

/** Copies the state of the store. A hidden tab only records that it must. */
function show(): void {
  const next = store.view;
  if (document.hidden || next === null) return;
  if (view.value?.game.id !== next.game.id) {
    series.value = new Map();
    chaos.value = [];
    order = null;
  }
  // What was earned during a freeze is in the ledger, and public now.
  if (view.value?.game.frozen === true && !next.game.frozen) void loadHistory();
  if (!next.game.frozen) series.value = extend(series.value, next.asOf, next.standings);
  if (view.value?.faults !== next.faults || view.value.ticker !== next.ticker) {
    chaos.value = chaosSpans(chaos.value, next);
  }
  order = steadyOrder(order, next.standings, performance.now());
  view.value = order.standings === next.standings ? next : { ...next, standings: [...order.standings] };
}

function tick(): void {
  if (document.hidden) return;
  serverNow.value = store.serverNowMs();
  age.value = store.ageMs();
  // Places that were held back move in time even if no further frame arrives.
  if (view.peek() !== store.view) show();
}

let historyTimer: ReturnType<typeof setTimeout> | undefined;

/** Loads what happened before this page was opened. Retries until it succeeds; a newer call replaces an older one. */
async function loadHistory(): Promise<void> {
  clearTimeout(historyTimer);
  try {
    const response = await fetch('/api/v1/history?points=300', { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`history: status ${response.status}`);
    const loaded = (await response.json()) as SalaryHistory;
    if (loaded.gameId === store.view?.game.id) series.value = mergeHistory(loaded, series.value);
  } catch {
    // Graph and sparklines grow from live data meanwhile.
    historyTimer = setTimeout(() => void loadHistory(), HISTORY_RETRY_MS);
  }
}

store.subscribe((change) => {
  if (change === 'connection') connection.value = store.connection;
  else {
    show();
    tick();
  }
  if (change === 'snapshot') void loadHistory();
});
document.addEventListener('visibilitychange', () => {
  show();
  tick();
  if (!document.hidden && store.view) void loadHistory();
});
setInterval(tick, TICK_MS);
