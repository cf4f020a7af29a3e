import type { GameView } from '#contracts';
import { countdown, rate, timeOfDay } from '../model/format.js';
import type { Words } from '../model/words.js';
import { age, connection, fresh, serverNow, switchLang, view, words } from '../state.js';

export function Header() {
  const { game } = view.value!;
  return (
    <header>
      <div class="mark" aria-hidden="true">
        <span>{firstLetter(game.name)}</span>
      </div>
      <div class="company">
        <h1>
          <bdi>{game.name}</bdi> <span class="gameday">GameDay</span>
        </h1>
        <p>
          <Facts />
          <LangSwitch />
        </p>
      </div>
      <Now />
      <GameClock />
      <Live />
    </header>
  );
}

function firstLetter(name: string): string {
  return ([...new Intl.Segmenter().segment(name.trim())][0]?.segment ?? '').toUpperCase();
}

function Facts() {
  const { standings, game } = view.value!;
  const w = words.value;
  const services = standings.flatMap((row) => row.services);
  const facts = [
    w.teams(standings.length),
    w.servicesPresent(services.filter(({ state }) => state !== 'missing').length),
  ];
  if (game.state === 'running' && !game.frozen) {
    facts.push(w.requestRate(rate(services.reduce((sum, each) => sum + each.requestsPerSecond, 0))));
  }
  return <span>{facts.join(' · ')}</span>;
}

function LangSwitch() {
  const other = words.value.otherLanguage;
  return (
    <button type="button" class="lang" lang={other === 'English' ? 'en' : 'ja'} onClick={switchLang}>
      {other}
    </button>
  );
}

function Now() {
  const { game } = view.value!;
  const w = words.value;
  const frozen = game.frozen;
  const text = {
    lobby: w.lobby,
    running: frozen ? w.frozenAt(timeOfDay(game.frozenAt ?? dataAt(), false)) : (game.phase?.label ?? ''),
    paused: w.gamePaused,
    ended: frozen ? w.ceremonyNext : w.lastResults,
    sealed: frozen ? w.ceremonyNext : w.finalStandings,
  }[game.state];
  return (
    <div class="now">
      <div class="label">{w.now}</div>
      <div class="value">{text}</div>
    </div>
  );
}

function GameClock() {
  const { label, value } = clockOf(view.value!.game, serverNow.value, words.value);
  return (
    <div class="clock" role="timer">
      <div class="label">{label}</div>
      <div class="value">{value}</div>
    </div>
  );
}

function clockOf(game: GameView, nowMs: number, w: Words): { label: string; value: string } {
  const { state, startsAt, endsAt, pausedAt } = game;
  if (state === 'ended' || state === 'sealed') {
    return { label: w.closed, value: endsAt === null ? '–' : timeOfDay(endsAt, false) };
  }
  if (startsAt === null || endsAt === null) return { label: w.doorsClosed, value: '–' };
  if (nowMs < startsAt) return { label: w.opensIn, value: countdown(startsAt - nowMs) };
  if (state === 'paused') return { label: w.paused, value: countdown(endsAt - (pausedAt ?? nowMs)) };
  return { label: w.closesIn, value: countdown(endsAt - nowMs) };
}

/** The time up to which the scores are complete; before there are any, the time of the frame. */
function dataAt(): number {
  const { asOf, serverAt } = view.value!;
  return asOf > 0 ? asOf : serverAt;
}

/** The age of the data, and one word on whether it can be trusted. */
function Live() {
  const w = words.value;
  const { game } = view.value!;
  const calmWord = game.frozen ? w.frozen : game.state === 'sealed' ? w.final : w.resting;
  const word = {
    live: game.frozen ? w.frozen : w.live,
    late: w.late,
    stale: connection.value.state === 'connected' ? w.late : w.offline,
    calm: calmWord,
  }[fresh.value];
  const calm = fresh.value === 'calm';
  return (
    <div class="live">
      <div class="word">
        <span class="dot" aria-hidden="true" />
        {word}
      </div>
      <div class="age">{calm ? timeOfDay(dataAt()) : w.ago(ageText(age.value))}</div>
    </div>
  );
}

function ageText(ageMs: number | null): string {
  if (ageMs === null) return '–';
  return ageMs < 9_950 ? (ageMs / 1_000).toFixed(1) : String(Math.round(ageMs / 1_000));
}
