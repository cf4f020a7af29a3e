/** Every word of the page, in both languages. Team names, labels and announcements are shown unchanged. */
export type Lang = 'en' | 'ja';

const ORDINAL_ENDINGS: Record<string, string> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
const ordinalRules = new Intl.PluralRules('en', { type: 'ordinal' });

/** 1 → "1st", 22 → "22nd", 113 → "113th". */
export function ordinal(n: number): string {
  return `${n}${ORDINAL_ENDINGS[ordinalRules.select(n)] ?? 'th'}`;
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

const en = {
  title: (game: string) => `${game} GameDay`,
  otherLanguage: '日本語',
  teams: (n: number) => count(n, 'team', 'teams'),
  servicesPresent: (n: number) => count(n, 'service', 'services'),
  requestRate: (rate: string) => `${rate} requests/s`,
  now: 'Now',
  closesIn: 'Company closes in',
  opensIn: 'Company opens in',
  paused: 'Paused, time left',
  closed: 'Company closed at',
  lobby: 'Waiting for the start',
  doorsClosed: 'Doors still closed',
  lastResults: 'Counting the last results',
  finalStandings: 'Final standings',
  gamePaused: 'Game paused',
  ceremonyNext: 'The ceremony tells who won',
  frozenAt: (time: string) => `Standings frozen at ${time}`,
  live: 'Live',
  late: 'Late',
  frozen: 'Frozen',
  final: 'Final',
  resting: 'Standing by',
  offline: 'Offline',
  ago: (seconds: string) => `${seconds} s ago`,
  chaos: 'Chaos',
  affected: (teams: number) => `${count(teams, 'team', 'teams')} affected`,
  allAffected: 'all teams affected',
  oneAffected: (team: string) => `${team} affected`,
  moreFaults: (n: number) => `and ${n} more`,
  ending: 'ending',
  connectionLost: 'Connection lost',
  reconnecting: (attempt: number) => `Reconnecting, try ${attempt}…`,
  silent: 'Connected, but no news arrives',
  askingAgain: 'Asking for fresh standings…',
  lastSeen: (time: string) => `Standings of ${time}`,
  connecting: 'Connecting to the leaderboard…',
  noTeams: 'No teams yet. They appear here as they join.',
  team: 'Team',
  change: 'Change of rank in the last minute',
  services: 'Services',
  fiveMinutes: '5 min',
  pay: 'Pay',
  payPerMinute: 'Pay / min',
  perMinute: '/min',
  salary: 'Salary',
  unranked: 'unranked',
  up: (n: number) => `up ${n}`,
  down: (n: number) => `down ${n}`,
  salaryToday: 'Salary today',
  whatHappened: 'What just happened',
  nothingYet: 'Nothing yet. Enjoy the silence.',
  topTen: 'Top ten',
  places: (from: number, to: number, of: number) => `Places ${from}–${to} of ${of}`,
  page: (n: number) => `Show page ${n}`,
  states: {
    up: 'up',
    slow: 'slow',
    failing: 'failing',
    down: 'down',
    missing: 'missing',
    unknown: 'not seen yet',
  },
};

export type Words = typeof en;

const ja: Words = {
  title: (game) => `${game} GameDay`,
  otherLanguage: 'English',
  teams: (n) => `${n}チーム`,
  servicesPresent: (n) => `${n}サービス`,
  requestRate: (rate) => `${rate}リクエスト/秒`,
  now: '現在',
  closesIn: '閉業まで',
  opensIn: '開業まで',
  paused: '一時停止中・残り',
  closed: '閉業時刻',
  lobby: '開始待ち',
  doorsClosed: '開業前',
  lastResults: '最終結果を集計中',
  finalStandings: '最終順位',
  gamePaused: '一時停止中',
  ceremonyNext: '結果は表彰式で発表',
  frozenAt: (time) => `${time}で順位表を凍結`,
  live: 'Live',
  late: '遅延',
  frozen: '凍結',
  final: '確定',
  resting: '待機中',
  offline: '切断',
  ago: (seconds) => `${seconds}秒前`,
  chaos: 'カオス',
  affected: (teams) => `${teams}チームに影響`,
  allAffected: '全チームに影響',
  oneAffected: (team) => `${team}に影響`,
  moreFaults: (n) => `ほか${n}件`,
  ending: '収束中',
  connectionLost: '接続が切れました',
  reconnecting: (attempt) => `再接続中 (${attempt}回目)…`,
  silent: '接続中ですが、更新が届きません',
  askingAgain: '最新の順位を要求中…',
  lastSeen: (time) => `${time}時点の順位`,
  connecting: 'リーダーボードに接続中…',
  noTeams: 'まだチームがいません。参加するとここに表示されます。',
  team: 'チーム',
  change: '直近1分の順位変動',
  services: 'サービス',
  fiveMinutes: '5分間',
  pay: '収入',
  payPerMinute: '収入/分',
  perMinute: '/分',
  salary: '給与',
  unranked: '順位対象外',
  up: (n) => `${n}つ上昇`,
  down: (n) => `${n}つ下降`,
  salaryToday: '本日の給与',
  whatHappened: '実況',
  nothingYet: 'まだ何も起きていません。',
  topTen: 'トップ10',
  places: (from, to, of) => `${from}–${to}位 / ${of}`,
  page: (n) => `${n}ページを表示`,
  states: {
    up: '正常',
    slow: '遅い',
    failing: '失敗あり',
    down: '停止',
    missing: '未登録',
    unknown: '未確認',
  },
};

export const WORDS: Record<Lang, Words> = { en, ja };

/** `?lang=` decides, else the browser's first known language, else English. */
export function pickLang(search: string, preferred: readonly string[]): Lang {
  const asked = new URLSearchParams(search).get('lang');
  if (asked === 'en' || asked === 'ja') return asked;
  for (const tag of preferred) {
    const known = (['en', 'ja'] as const).find((lang) => tag.toLowerCase().startsWith(lang));
    if (known) return known;
  }
  return 'en';
}
