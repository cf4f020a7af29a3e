import { useRef } from 'preact/hooks';
import type { ServiceState, ServiceView, StandingsView } from '#contracts';
import { words } from '../state.js';

/** What a lamp shows beside its letter. Never colour alone. */
const SIGNS: Record<ServiceState, string> = {
  up: '',
  slow: '~',
  failing: '!',
  down: '×',
  missing: '–',
  unknown: '',
};

export function Lamps({ services, specs }: { services: ServiceView[]; specs: StandingsView['services'] }) {
  const byId = new Map(services.map((service) => [service.id, service.state]));
  return (
    <span role="cell" class="lamps">
      {specs.map(({ id, letter }) => (
        <Lamp key={id} id={id} letter={letter} state={byId.get(id) ?? 'missing'} />
      ))}
    </span>
  );
}

function Lamp({ id, letter, state }: { id: string; letter: string; state: ServiceState }) {
  const first = useRef(state);
  // A lamp pulses once when it changes: a new key makes a new element, which plays its animation once.
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
      class={`lamp ${state}${changed.current ? ' changed' : ''}`}
    >
      {letter}
      {SIGNS[state] && <b>{SIGNS[state]}</b>}
    </span>
  );
}
