import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { StandingRow } from '#contracts';
import { shortDollars, timeOfDay } from '../model/format.js';
import { axisWidthEm, extent, LABEL_GAP_EM, linePath, scale, spread, ticks } from '../model/plot.js';
import { chaos, series, teams, view, words } from '../state.js';

const LABELLED = 3;
/** Names on the right, time below; money on the left takes as much width as it needs. */
const MARGIN_EM = { right: 8, top: 0.5, bottom: 1.9 };

/** All salaries since the start. The leaders are named at the ends of their lines. */
export function SalaryGraph() {
  const { box, size, em } = useSize();
  return (
    <section class="graph">
      <h2>{words.value.salaryToday}</h2>
      <div class="drawing" ref={box} aria-hidden="true">
        {size.width > 0 && <Drawing width={size.width} height={size.height} em={em} />}
      </div>
    </section>
  );
}

function Drawing({ width, height, em }: { width: number; height: number; em: number }) {
  // Depends on the series, which grow every other second, and on the teams; the view changes ten times a second.
  const all = series.value;
  void teams.value;
  const drawn = view.peek()!.standings.filter(({ team }) => (all.get(team.id)?.at.length ?? 0) > 0);
  const asOf = Math.max(...drawn.map(({ team }) => all.get(team.id)!.at.at(-1)!), 1);
  const now = ({ team }: StandingRow): number => all.get(team.id)!.cents.at(-1)!;
  const range = extent(drawn.map(({ team }) => all.get(team.id)!)) ?? { low: 0, high: 100_000 };
  const from = Math.min(...drawn.map(({ team }) => all.get(team.id)!.at[0] ?? asOf), asOf - 60_000);
  const pad = Math.max(1, range.high - Math.min(0, range.low)) * 0.04;
  const domain = {
    from,
    to: Math.max(asOf, from + 1),
    low: Math.min(0, range.low) - pad,
    high: Math.max(0, range.high) + pad,
  };
  const rules = ticks(domain.low, domain.high, 5).map((cents) => ({ cents, label: shortDollars(cents) }));
  const leftEm = axisWidthEm(rules.map(({ label }) => label));
  const inner = {
    width: width - (leftEm + MARGIN_EM.right) * em,
    height: height - (MARGIN_EM.top + MARGIN_EM.bottom) * em,
  };
  const to = scale(domain, inner);
  const leaders = drawn.filter(({ rank }) => rank !== null).slice(0, LABELLED);
  const ends = leaders.map((row) => to.y(now(row)));
  const labelY = spread(ends, 1.25 * em, 0.3 * em, inner.height);
  return (
    <svg width={width} height={height}>
      <g transform={`translate(${leftEm * em} ${MARGIN_EM.top * em})`}>
        <ChaosSpans x={to.x} from={from} asOf={asOf} height={inner.height} />
        {rules.map(({ cents, label }) => (
          <g key={cents} transform={`translate(0 ${to.y(cents)})`} class={cents === 0 ? 'rule zero' : 'rule'}>
            <line x2={inner.width} />
            <Text x={-LABEL_GAP_EM * em} anchor="end">
              {label}
            </Text>
          </g>
        ))}
        <g transform={`translate(0 ${inner.height + 1.2 * em})`}>
          <Text x={0}>{timeOfDay(from, false)}</Text>
          <Text x={inner.width} anchor="end">
            {timeOfDay(asOf, false)}
          </Text>
        </g>
        {[...drawn].reverse().map(({ team, rank }) => (
          <path
            key={team.id}
            class={
              rank !== null && leaders.some((leader) => leader.team.id === team.id) ? 'line leader' : 'line'
            }
            d={linePath(all.get(team.id)!, to)}
            style={{ stroke: team.color }}
          />
        ))}
        {leaders.map((row, index) => (
          <g key={row.team.id} style={{ color: row.team.color }}>
            <path
              class="lead"
              d={`M${inner.width} ${to.y(now(row))}L${inner.width + 0.55 * em} ${labelY[index]!}`}
            />
            <foreignObject
              x={inner.width + 0.7 * em}
              y={labelY[index]! - 0.65 * em}
              width={(MARGIN_EM.right - 0.7) * em}
              height={1.3 * em}
            >
              <span class="name">
                <bdi>{row.team.name}</bdi>
              </span>
            </foreignObject>
          </g>
        ))}
      </g>
    </svg>
  );
}

function Text({
  x,
  anchor = 'start',
  children,
}: {
  x: number;
  anchor?: 'start' | 'end';
  children: ComponentChildren;
}) {
  return (
    <text x={x} text-anchor={anchor} dy="0.32em">
      {children}
    </text>
  );
}

function ChaosSpans({
  x,
  from,
  asOf,
  height,
}: {
  x: (at: number) => number;
  from: number;
  asOf: number;
  height: number;
}) {
  return (
    <g class="spans">
      {chaos.value.map(({ injectionId, from: startedAt, to }) => {
        const left = x(Math.max(from, Math.min(startedAt, asOf)));
        const right = x(Math.min(to ?? asOf, asOf));
        return (
          right > left && (
            <rect key={injectionId} x={left} width={Math.max(2, right - left)} height={height} />
          )
        );
      })}
    </g>
  );
}

/** The drawing's size and its font size in px, kept up to date. */
function useSize() {
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  const em = useSignal(16);
  useLayoutEffect(() => {
    const target = box.current!;
    const measure = (): void => {
      em.value = parseFloat(getComputedStyle(target).fontSize);
      size.value = { width: target.clientWidth, height: target.clientHeight };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    measure();
    return () => observer.disconnect();
  }, []);
  return { box, size: size.value, em: em.value };
}
