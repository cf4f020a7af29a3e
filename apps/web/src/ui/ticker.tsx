import { memo } from 'preact/compat';
import type { TickerEntry } from '#contracts';
import { newsToTell, sentence, toneOf } from '../model/commentary.js';
import { timeOfDay } from '../model/format.js';
import type { Lang } from '../model/words.js';
import { lang, teamName, teams, view, words } from '../state.js';

/** More than fit into the panel; the rest is cut off below. */
const SHOWN = 12;
const HEADLINES = 3;

export function Ticker() {
  const entries = newsToTell(view.value!.ticker).slice(0, SHOWN);
  return (
    <section class="ticker">
      <h2>{words.value.whatHappened}</h2>
      {entries.length === 0 && <p class="quiet">{words.value.nothingYet}</p>}
      <ol aria-live="polite" aria-relevant="additions">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} lang={lang.value} teams={teams.value} />
        ))}
      </ol>
    </section>
  );
}

/** The latest news in one line, where rows need all of the room. */
export function Headline() {
  const entries = newsToTell(view.value!.ticker).slice(0, HEADLINES);
  return (
    <footer class="headline">
      <ol aria-live="polite" aria-relevant="additions" aria-label={words.value.whatHappened}>
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} lang={lang.value} teams={teams.value} />
        ))}
      </ol>
    </footer>
  );
}

interface EntryProps {
  entry: TickerEntry;
  lang: Lang;
  /** Not shown: when it changes, names may have changed, also in old entries. */
  teams: string;
}

const Entry = memo(function Entry({ entry, lang }: EntryProps) {
  return (
    <li class={toneOf(entry.event)}>
      <time dateTime={new Date(entry.at).toISOString()}>{timeOfDay(entry.at)}</time>
      <p>
        {sentence(entry.event, lang, teamName).map(({ text, style }, index) =>
          style ? (
            <b key={index} class={style} dir={style === 'strong' ? 'auto' : undefined}>
              {text}
            </b>
          ) : (
            text
          ),
        )}
      </p>
    </li>
  );
});
