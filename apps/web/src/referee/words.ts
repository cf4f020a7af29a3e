import type { Lang } from '../model/words.js';

/** Every word of the referee's page, in both languages. */
const en = {
  title: 'The referee',
  otherLanguage: '日本語',
  lead: 'Requests that the prober could not judge, because its own machine was in trouble. Nobody is paid for them, nor fined.',
  tokenLabel: "Facilitator's token",
  tokenHint: 'It stays in this tab and is forgotten when you close it.',
  show: 'Show',
  forget: 'Forget the token',
  refused: 'The token was refused. Check that it is a facilitator’s, and of this game.',
  unreadable: 'The figures can’t be read. Trying again…',
  noGame: 'There is no game yet.',
  loading: 'Reading the ledger…',
  asOf: (time: string) => `as of ${time}`,
  fine: (share: string) => `${share} of all requests were not scored`,
  warning: (share: string) => `${share} of all requests were not scored. Some of it is above 1 %.`,
  byTeam: 'By team and service',
  team: 'Team',
  service: 'Service',
  all: 'all',
  requests: 'Requests',
  unscored: 'Not scored',
  share: 'Share',
  above: 'above 1 %',
  worstWindows: 'Windows above 1 %',
  shownOf: (shown: number, all: number) => `the ${shown} that lost most, of ${all}`,
  noWindows: 'No window of any team is above 1 %.',
  noRequests: 'No request has been counted yet.',
  window: 'Window',
  begins: 'Begins at',
  whatToDo:
    'Above 1 %: give the prober a core of its own, look at what else its machine does, or start another prober.',
};

export type RefereeWords = typeof en;

const ja: RefereeWords = {
  title: '審判',
  otherLanguage: 'English',
  lead: 'プローバー自身のマシンの不調で判定できなかったリクエストです。支払いも減点もありません。',
  tokenLabel: 'ファシリテーターのトークン',
  tokenHint: 'このタブにだけ保持され、閉じると消えます。',
  show: '表示',
  forget: 'トークンを消す',
  refused: 'トークンが拒否されました。このゲームのファシリテーターのものか確認してください。',
  unreadable: '数値を読み込めません。再試行中…',
  noGame: 'まだゲームがありません。',
  loading: '台帳を読み込み中…',
  asOf: (time) => `${time}時点`,
  fine: (share) => `全リクエストの${share}が未採点`,
  warning: (share) => `全リクエストの${share}が未採点。1 %を超えるものがあります。`,
  byTeam: 'チーム・サービス別',
  team: 'チーム',
  service: 'サービス',
  all: '合計',
  requests: 'リクエスト',
  unscored: '未採点',
  share: '割合',
  above: '1 %超',
  worstWindows: '1 %を超えた区間',
  shownOf: (shown, all) => `全${all}件中、多い順に${shown}件`,
  noWindows: '1 %を超えた区間はありません。',
  noRequests: 'まだリクエストがありません。',
  window: '区間',
  begins: '開始時刻',
  whatToDo:
    '1 %を超えたら、プローバーに専用のコアを割り当てるか、同じマシンの他の負荷を確認するか、プローバーを追加してください。',
};

export const REFEREE_WORDS: Record<Lang, RefereeWords> = { en, ja };
