import { memo } from 'preact/compat';
import type { StandingRow } from '#contracts';
import { salary, signed } from '../model/format.js';
import { services, words } from '../state.js';
import { Figure } from './figure.js';
import { StatusIndicators } from './status-indicators.js';
import { Sparkline } from './sparkline.js';

export type RowKind = 'large' | 'pinned' | 'compact' | 'stacked';

interface RowProps {
  row: StandingRow;
  /** Index in the standings. */
  place: number;
  kind: RowKind;
  /** Pay is not current: show nothing rather than an old value. */
  blankPay: boolean;
}

/** One team. Redrawn only when its row object changes: unchanged rows keep theirs. */
export const Row = memo(function Row({ row, place, kind, blankPay }: RowProps) {
  const losing = row.payPerMinuteCents < 0 && !blankPay;
  const podium = row.rank !== null && row.rank <= 3;
  const classes = ['grid', losing && 'losing', podium && 'podium', row.rank === null && 'unranked'];
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      data-team={row.team.id}
      class={classes.filter(Boolean).join(' ')}
    >
      <span role="cell" class="rank" aria-label={row.rank === null ? words.value.unranked : undefined}>
        {row.rank ?? '–'}
      </span>
      <Change places={row.rankChange} />
      <span role="rowheader" class="team">
        <span class="bar" style={{ backgroundColor: row.team.color }} />
        <bdi title={row.team.name}>{row.team.name}</bdi>
      </span>
      <StatusIndicators services={row.services} specs={services.value} />
      {kind === 'large' && <Sparkline teamId={row.team.id} losing={losing} />}
      <span role="cell" class="pay">
        {!blankPay && (
          <>
            <Figure value={row.payPerMinuteCents} format={signed} />
            {(kind === 'large' || kind === 'stacked') && <small>{words.value.perMinute}</small>}
          </>
        )}
      </span>
      <Figure
        role="cell"
        class={row.salaryCents <= -100 ? 'salary negative' : 'salary'}
        value={row.salaryCents}
        format={salary}
      />
    </div>
  );
});

function Change({ places }: { places: number }) {
  if (places === 0) {
    return (
      <span role="cell" class="change">
        <span aria-hidden="true">·</span>
      </span>
    );
  }
  const up = places > 0;
  const n = Math.abs(places);
  return (
    <span
      role="cell"
      class={up ? 'change gained' : 'change lost'}
      aria-label={up ? words.value.up(n) : words.value.down(n)}
    >
      <svg viewBox="0 0 10 9" aria-hidden="true">
        <path d={up ? 'M5 0 10 9H0z' : 'M5 9 0 0h10z'} />
      </svg>
      {n}
    </span>
  );
}
