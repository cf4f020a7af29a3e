import { useLayoutEffect, useRef } from 'preact/hooks';
import { Counting } from '../model/counting.js';
import { reducedMotion } from '../state.js';

/** Figures are redrawn at most this often while they count: nobody could read them faster. */
const STEP_MS = 40;

/** What a figure shows now. */
interface Shown {
  element: HTMLElement;
  format: (value: number) => string;
  value: number;
}

/** All figures that count share one animation loop, which stops when there are none. */
const counting = new Counting<Shown>();
let lastDrawnAt = 0;

function draw(figure: Shown, value: number): void {
  const text = figure.format(value);
  figure.value = value;
  if (figure.element.textContent !== text) figure.element.textContent = text;
}

function step(now: number): void {
  if (now - lastDrawnAt >= STEP_MS) {
    lastDrawnAt = now;
    for (const [figure, value] of counting.step(now)) draw(figure, value);
  }
  if (counting.size > 0) requestAnimationFrame(step);
}

/** Shows the targets of all figures at once. */
export function settleFigures(): void {
  for (const [figure, value] of counting.settle()) draw(figure, value);
}

interface FigureProps {
  value: number;
  format: (value: number) => string;
  class?: string;
  role?: 'cell';
}

/** An amount that counts to its new value. */
export function Figure({ value, format, ...attributes }: FigureProps) {
  const element = useRef<HTMLSpanElement>(null);
  const shown = useRef<Shown | null>(null);
  useLayoutEffect(() => {
    const first = shown.current === null;
    const figure = (shown.current ??= { element: element.current!, format, value });
    figure.format = format;
    if (first || figure.value === value || reducedMotion.matches || document.hidden) {
      counting.delete(figure);
      draw(figure, value);
    } else {
      if (counting.size === 0) requestAnimationFrame(step);
      // The time of the frame, which is the same for all figures that change in it.
      counting.set(figure, figure.value, value, Number(document.timeline.currentTime));
    }
  }, [value, format]);
  useLayoutEffect(() => () => void counting.delete(shown.current!), []);
  return <span ref={element} {...attributes} />;
}
