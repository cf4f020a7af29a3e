import type { TickerEntry, TickerEvent } from '#contracts';
import { signedDollars } from './format.js';
import { ordinal, type Lang } from './words.js';

/** A run of text. Names are `strong`; `figure` must not break across lines. */
export interface Segment {
  text: string;
  style?: 'strong' | 'figure';
}

/** The colour of an entry. */
export type Tone = 'gain' | 'loss' | 'failing' | 'warn' | 'chaos' | 'calm';

const strong = (text: string): Segment => ({ text, style: 'strong' });

/** A duration in a sentence: "48 s", "3 min 20 s". */
function duration(ms: number, lang: Lang): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const [min, s] = lang === 'ja' ? ['分', '秒'] : ['\u00a0min ', '\u00a0s'];
  if (minutes === 0) return `${seconds}${s}`;
  return `${minutes}${min}${seconds % 60 ? `${seconds % 60}${s}` : ''}`.trim();
}

export function toneOf(event: TickerEvent): Tone {
  switch (event.kind) {
    case 'rank_taken':
    case 'service_recovered':
    case 'fault_ended':
      return 'gain';
    case 'service_trouble':
      return event.state === 'down' ? 'loss' : event.state === 'failing' ? 'failing' : 'warn';
    case 'salary_negative':
      return 'loss';
    case 'fault_started':
      return 'chaos';
    case 'phase':
    case 'announcement':
      return 'warn';
    default:
      return 'calm';
  }
}

const TOLD: Record<TickerEvent['kind'], true> = {
  game_started: true,
  game_paused: true,
  game_resumed: true,
  game_ended: true,
  game_frozen: true,
  game_revealed: true,
  phase: true,
  rank_taken: true,
  service_trouble: true,
  service_recovered: true,
  fault_started: true,
  fault_ended: true,
  salary_negative: true,
  team_ranked: true,
  announcement: true,
};

/** The events that this page has words for: a page that stays open may be older than the server. */
export function newsToTell(ticker: readonly TickerEntry[]): TickerEntry[] {
  return ticker.filter(({ event }) => Object.hasOwn(TOLD, event.kind));
}

/** The event in a commentator's words. `nameOf` gives a team's name. */
export function sentence(event: TickerEvent, lang: Lang, nameOf: (teamId: string) => string): Segment[] {
  return lang === 'ja' ? japanese(event, nameOf) : english(event, nameOf);
}

function english(event: TickerEvent, nameOf: (teamId: string) => string): Segment[] {
  switch (event.kind) {
    case 'game_started':
      return [{ text: 'The company opens its doors' }];
    case 'game_paused':
      return [{ text: 'Time out: the game is paused' }];
    case 'game_resumed':
      return [{ text: 'Back to work: the game goes on' }];
    case 'game_ended':
      return event.winnerId === null
        ? [{ text: 'The company is closed' }]
        : [strong(nameOf(event.winnerId)), { text: ' wins the day' }];
    case 'game_frozen':
      return [{ text: 'The board is frozen: from here on nobody sees who earns what' }];
    case 'game_revealed':
      return event.winnerId === null
        ? [{ text: 'The final salaries are out' }]
        : [
            { text: 'The final salaries are out: ' },
            strong(nameOf(event.winnerId)),
            { text: ' wins the day' },
          ];
    case 'phase':
      return [{ text: event.label }];
    case 'rank_taken':
      return [
        strong(nameOf(event.teamId)),
        { text: ` takes ${ordinal(event.rank)} place from ${nameOf(event.fromTeamId)}` },
      ];
    case 'service_trouble': {
      const cost =
        event.payPerMinuteCents !== null && event.payPerMinuteCents < 0
          ? `${signedDollars(event.payPerMinuteCents)}/min`
          : '';
      return [
        strong(nameOf(event.teamId)),
        { text: ` ${event.serviceId} is ${event.state}` },
        ...costOf(cost),
      ];
    }
    case 'service_recovered':
      return [
        strong(nameOf(event.teamId)),
        { text: ` recovered ${event.serviceId} in ` },
        { text: duration(event.afterMs, 'en'), style: 'figure' },
      ];
    case 'fault_started':
      return event.teamIds.length === 1
        ? [{ text: `${event.label}: ` }, strong(nameOf(event.teamIds[0]!)), { text: ' is hit' }]
        : [{ text: `${event.label}: ` }, strong(`${event.teamIds.length}\u00a0teams`), { text: ' are hit' }];
    case 'fault_ended':
      return [{ text: `All clear: ${event.label}` }];
    case 'salary_negative':
      return [strong(nameOf(event.teamId)), { text: ' now pays to work here' }];
    case 'team_ranked':
      return [
        strong(nameOf(event.teamId)),
        { text: event.ranked ? ' is ranked now' : ' is no longer ranked' },
      ];
    case 'announcement':
      return [{ text: event.text }];
  }
}

const JA_STATE = { slow: 'が遅くなっています', failing: 'が失敗しています', down: 'が停止しました' };

function japanese(event: TickerEvent, nameOf: (teamId: string) => string): Segment[] {
  switch (event.kind) {
    case 'game_started':
      return [{ text: 'いよいよ開業です' }];
    case 'game_paused':
      return [{ text: 'ゲームは一時停止中です' }];
    case 'game_resumed':
      return [{ text: 'ゲーム再開です' }];
    case 'game_ended':
      return event.winnerId === null
        ? [{ text: '閉業しました' }]
        : [strong(nameOf(event.winnerId)), { text: 'が優勝です' }];
    case 'game_frozen':
      return [{ text: 'ここから先の給与は発表まで非公開です' }];
    case 'game_revealed':
      return event.winnerId === null
        ? [{ text: '最終給与の発表です' }]
        : [{ text: '最終給与の発表です: ' }, strong(nameOf(event.winnerId)), { text: 'が優勝です' }];
    case 'phase':
      return [{ text: event.label }];
    case 'rank_taken':
      return [
        strong(nameOf(event.teamId)),
        { text: `が${nameOf(event.fromTeamId)}を抜いて${event.rank}位に浮上` },
      ];
    case 'service_trouble': {
      const cost =
        event.payPerMinuteCents !== null && event.payPerMinuteCents < 0
          ? `${signedDollars(event.payPerMinuteCents)}/分`
          : '';
      return [
        strong(nameOf(event.teamId)),
        { text: `の${event.serviceId}${JA_STATE[event.state]}` },
        ...costOf(cost),
      ];
    }
    case 'service_recovered':
      return [
        strong(nameOf(event.teamId)),
        { text: `が${event.serviceId}を` },
        { text: duration(event.afterMs, 'ja'), style: 'figure' },
        { text: 'で復旧' },
      ];
    case 'fault_started':
      return event.teamIds.length === 1
        ? [strong(nameOf(event.teamIds[0]!)), { text: `に直撃: ${event.label}` }]
        : [strong(`${event.teamIds.length}チーム`), { text: `に直撃: ${event.label}` }];
    case 'fault_ended':
      return [{ text: `収束: ${event.label}` }];
    case 'salary_negative':
      return [strong(nameOf(event.teamId)), { text: 'の給与がマイナスに転落' }];
    case 'team_ranked':
      return [
        strong(nameOf(event.teamId)),
        { text: event.ranked ? 'が順位の対象になりました' : 'は順位の対象外になりました' },
      ];
    case 'announcement':
      return [{ text: event.text }];
  }
}

function costOf(cost: string): Segment[] {
  return cost === '' ? [] : [{ text: '\u00a0· ' }, { text: cost, style: 'figure' }];
}
