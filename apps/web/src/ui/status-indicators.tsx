import { useRef } from 'preact/hooks';
import type { ServiceState, ServiceView, StandingsView } from '#contracts';
import { words } from '../state.js';

/** What an indicator shows beside its letter. Never colour alone. */
const SIGNS: Record<ServiceState, string> = {
  up: '',
  slow: '~',
  failing: '!',
  down: '×',
  missing: '–',
  unknown: '',
};

export function StatusIndicators({
  services,
  specs,
}: {
  services: ServiceView[];
  specs: StandingsView['services'];
}) {
  const byId = new Map(services.map((service) => [service.id, service.state]));
  return (
    <span role="cell" class="statuses">
      {specs.map(({ id, letter }) => (
        <StatusIndicator key={id} id={id} letter={letter} state={byId.get(id) ?? 'missing'} />
      ))}
    </span>
  );
}

function StatusIndicator({ id, letter, state }: { id: string; letter: string; state: ServiceState }) {
  const first = useRef(state);
  // An indicator pulses once when it changes: a new key makes a new element, which plays its animation once.
  const changed = useRef(false);
  if (first.current !== state) {
    first.current = state;
    changed.current = true;
  }
  const text = `${id}: ${words.value.states[state]}`;
  return (
    <span
      key={state}
      role="img"
      aria-label={text}
      title={text}
      class={`status ${state}${changed.current ? ' changed' : ''}`}
    >
      {letter}
      {SIGNS[state] && <b>{SIGNS[state]}</b>}
    </span>
  );
}
