import type { ComponentChildren } from 'preact';
import { isAboveWarning, type RequestCounts, type UnscoredReport } from '#contracts';
import { timeOfDay } from '../model/format.js';
import { sharePercent } from './share.js';
import {
  forgetToken,
  lang,
  readAt,
  report,
  switchLang,
  teamNames,
  token,
  trouble,
  takeToken,
  words,
} from './state.js';

/** What the prober could not judge, for those who run the game. It asks for a facilitator's token and shows nothing without one. */
export function RefereePage() {
  const w = words.value;
  const figures = report.value;
  return (
    <div class="referee">
      <header class="referee-head">
        <h1>{w.title}</h1>
        <p class="lead">{w.lead}</p>
        <div class="actions">
          {token.value !== null && (
            <button type="button" class="lang" onClick={forgetToken}>
              {w.forget}
            </button>
          )}
          <button type="button" class="lang" lang={lang.value === 'en' ? 'ja' : 'en'} onClick={switchLang}>
            {w.otherLanguage}
          </button>
        </div>
      </header>
      <main>
        {trouble.value !== null && (
          <p class="trouble" role="alert">
            {w[trouble.value]}
          </p>
        )}
        {token.value === null ? (
          <TokenForm />
        ) : figures !== null ? (
          <Figures {...figures} />
        ) : (
          trouble.value === null && <p role="status">{w.loading}</p>
        )}
      </main>
    </div>
  );
}

function TokenForm() {
  const w = words.value;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const secret = new FormData(event.target as HTMLFormElement).get('token');
    if (typeof secret === 'string' && secret.trim() !== '') takeToken(secret.trim());
  };
  return (
    <form class="token" onSubmit={submit}>
      <label for="token">{w.tokenLabel}</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        autofocus
        aria-describedby="token-hint"
      />
      <button type="submit">{w.show}</button>
      <p id="token-hint">{w.tokenHint}</p>
    </form>
  );
}

function Figures({ total, teams, windows, windowsAbove }: UnscoredReport) {
  const w = words.value;
  const isWarning = [total, ...teams, ...teams.flatMap(({ services }) => services)].some(isAboveWarning);
  const share = sharePercent(total);
  return (
    <>
      <p class={isWarning ? 'verdict warn' : 'verdict'} role="status">
        {isWarning ? w.warning(share) : w.fine(share)} <small>{w.asOf(timeOfDay(readAt.value))}</small>
      </p>
      {isWarning && <p>{w.whatToDo}</p>}
      <h2 id="by-team">{w.byTeam}</h2>
      {teams.length === 0 ? (
        <p>{w.noRequests}</p>
      ) : (
        <Table labelledBy="by-team" columns={[w.team, w.service]}>
          {teams.flatMap((team) => [
            <tr key={team.teamId} class="whole">
              <th scope="row">
                <TeamName id={team.teamId} />
              </th>
              <td>{w.all}</td>
              <Counts {...team} />
            </tr>,
            ...team.services.map((service) => (
              <tr key={`${team.teamId} ${service.id}`}>
                <th scope="row" />
                <td>{service.id}</td>
                <Counts {...service} />
              </tr>
            )),
          ])}
        </Table>
      )}
      <h2 id="windows">
        {w.worstWindows}
        {windowsAbove > windows.length && ` (${w.shownOf(windows.length, windowsAbove)})`}
      </h2>
      {windows.length === 0 ? (
        <p>{w.noWindows}</p>
      ) : (
        <Table labelledBy="windows" columns={[w.window, w.begins, w.team, w.service]}>
          {windows.map(({ windowIndex, windowStartAt, teamId, serviceId, ...counts }) => (
            <tr key={`${teamId} ${serviceId} ${windowIndex}`}>
              <th scope="row">{windowIndex}</th>
              <td>{timeOfDay(windowStartAt)}</td>
              <td>
                <TeamName id={teamId} />
              </td>
              <td>{serviceId}</td>
              <Counts {...counts} />
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function Table(props: { labelledBy: string; columns: string[]; children: ComponentChildren }) {
  const w = words.value;
  return (
    <div class="scroller" tabIndex={0} role="region" aria-labelledby={props.labelledBy}>
      <table aria-labelledby={props.labelledBy}>
        <thead>
          <tr>
            {props.columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            {[w.share, w.unscored, w.requests].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

function TeamName({ id }: { id: string }) {
  return <bdi>{teamNames.value.get(id) ?? id}</bdi>;
}

function Counts(counts: RequestCounts) {
  const isAbove = isAboveWarning(counts);
  return (
    <>
      <td class={isAbove ? 'number warn' : 'number'}>
        {isAbove && <span class="mark-above">{words.value.above}</span>} {sharePercent(counts)}
      </td>
      <td class="number">{counts.unscored.toLocaleString('en-US')}</td>
      <td class="number">{counts.requests.toLocaleString('en-US')}</td>
    </>
  );
}
