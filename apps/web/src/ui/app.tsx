import { fresh, layout, teamCount, view, words } from '../state.js';
import { Board } from './board.js';
import { Header } from './header.js';
import { SalaryGraph } from './salary-graph.js';
import { Headline, Ticker } from './ticker.js';
import { Strip } from './strip.js';

export function App() {
  const game = view.value?.game;
  if (!game) return <Waiting />;
  const { mode } = layout.value;
  // The leader of frozen standings has not won: the podium waits for the ceremony.
  const final = (game.state === 'ended' || game.state === 'sealed') && !game.frozen;
  const classes = [
    'page',
    mode,
    final && 'final',
    game.frozen && 'frozen',
    game.state === 'paused' && 'held',
    game.state === 'lobby' && 'lobby',
  ];
  return (
    <div class={classes.filter(Boolean).join(' ')} data-fresh={fresh.value}>
      <Header />
      <Strip />
      <main>
        {teamCount.value === 0 ? <p class="empty">{words.value.noTeams}</p> : <Board />}
        {(mode === 'large' || mode === 'stacked') && (
          <aside>
            <SalaryGraph />
            <Ticker />
          </aside>
        )}
      </main>
      {(mode === 'compact' || mode === 'paged') && <Headline />}
    </div>
  );
}

function Waiting() {
  return (
    <div class="page waiting">
      <p role="status">{words.value.connecting}</p>
    </div>
  );
}
