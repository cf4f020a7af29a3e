import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { StandingRow } from '#contracts';
import { salary, signed } from '../model/format.js';
import { PINNED_TEAMS } from '../model/layout.js';
import { fresh, layout, view, words } from '../state.js';
import { settleFigures } from './figure.js';
import { Row, type RowKind } from './row.js';
import { useGlide } from './use-glide.js';

/** How long a page of the board is shown. */
const PAGE_MS = 10_000;

export function Board() {
  const { standings, services, game } = view.value!;
  const { mode, slices, rowsPerColumn } = layout.value;
  const pages = mode === 'paged' ? slices.length - 1 : 0;
  const { page, turnTo } = usePages(pages);
  const shown = mode === 'paged' ? [slices[0]!, slices[page + 1] ?? slices[1]!] : slices;
  const board = useRef<HTMLDivElement>(null);
  useGlide(board, `${mode} ${page} ${standings.map(({ team }) => team.id).join(' ')}`);
  // Ranks change at once, so the amounts beside them can't be on their way from what they were.
  useLayoutEffect(settleFigures, [
    `${mode} ${page} ${standings.map(({ team, rank }) => `${rank} ${team.id}`).join(' ')}`,
  ]);
  const blankPay = game.state !== 'running' || game.frozen || fresh.value === 'stale';
  return (
    <div class="board" ref={board} style={boardStyle(standings, services.length, rowsPerColumn)}>
      {shown.map(([from, to], column) => {
        const kind: RowKind =
          mode === 'large'
            ? 'large'
            : mode === 'stacked'
              ? 'stacked'
              : mode === 'paged' && column === 0
                ? 'pinned'
                : 'compact';
        const rows = standings.slice(from, to);
        return (
          <section key={column} class={`column ${kind}`}>
            {mode === 'paged' && (
              <p class="range">
                {column === 0 ? words.value.topTen : words.value.places(from + 1, to, standings.length)}
                {column === 1 && <PageDots pages={pages} page={page} turnTo={turnTo} />}
              </p>
            )}
            <div role="table" aria-rowcount={standings.length + 1} aria-label={words.value.title(game.name)}>
              <Head kind={kind} />
              <div role="rowgroup" class="rows">
                {rows.map((row, index) => (
                  <Row key={row.team.id} row={row} place={from + index} kind={kind} blankPay={blankPay} />
                ))}
              </div>
            </div>
          </section>
        );
      })}
    </div>
  );
}

/** Flips the page every ten seconds; turning it by hand restarts the timer. */
function usePages(pages: number): { page: number; turnTo: (page: number) => void } {
  const page = useSignal(0);
  const current = pages === 0 ? 0 : Math.min(page.value, pages - 1);
  useEffect(() => {
    if (pages < 2) return undefined;
    const timer = setTimeout(() => (page.value = (current + 1) % pages), PAGE_MS);
    return () => clearTimeout(timer);
  }, [pages, current]);
  return { page: current, turnTo: (next) => (page.value = next) };
}

function PageDots({ pages, page, turnTo }: { pages: number; page: number; turnTo: (page: number) => void }) {
  return (
    <span class="pages">
      {Array.from({ length: pages }, (_, index) => (
        <button
          key={index}
          type="button"
          aria-label={words.value.page(index + 1)}
          aria-current={index === page ? 'page' : undefined}
          onClick={() => turnTo(index)}
        />
      ))}
    </span>
  );
}

function Head({ kind }: { kind: RowKind }) {
  const w = words.value;
  const { services } = view.value!;
  return (
    <div role="rowgroup" class="head">
      <div role="row" aria-rowindex={1} class="grid">
        <span role="columnheader">#</span>
        <span role="columnheader" aria-label={w.change} />
        <span role="columnheader" class="team">
          {w.team}
        </span>
        <span role="columnheader" class="statuses" aria-label={w.services}>
          {kind === 'large' && services.map(({ id }) => <i key={id}>{id}</i>)}
        </span>
        {kind === 'large' && (
          <span role="columnheader" class="spark">
            {w.fiveMinutes}
          </span>
        )}
        <span role="columnheader" class="pay">
          {kind === 'compact' || kind === 'pinned' ? w.payPerMinute : w.pay}
        </span>
        <span role="columnheader" class="salary">
          {w.salary}
        </span>
      </div>
    </div>
  );
}

/** Column widths follow the longest figure, so that nothing is cut and nothing jitters. */
function boardStyle(
  standings: readonly StandingRow[],
  services: number,
  rows: number,
): Record<string, string> {
  let salaryChars = 8;
  let payChars = 6;
  for (const row of standings) {
    salaryChars = Math.max(salaryChars, salary(row.salaryCents).length);
    payChars = Math.max(payChars, signed(row.payPerMinuteCents).length);
  }
  return {
    '--rows': String(Math.max(1, rows)),
    '--pinned': String(PINNED_TEAMS),
    '--statuses': String(services),
    '--salary-chars': String(salaryChars),
    '--pay-chars': String(payChars),
  };
}
