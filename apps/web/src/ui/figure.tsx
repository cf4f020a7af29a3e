import { useLayoutEffect, useRef } from 'preact/hooks';
import { reducedMotion } from '../state.js';

const COUNT_MS = 400;
/** Figures are redrawn at most this often while they count: beyond it nobody reads them anyway. */
const STEP_MS = 40;

interface Counting {
  from: number;
  to: number;
  startedAt: number;
  draw: (value: number) => void;
}

/** All figures that count share one animation loop, which rests when there are none. */
const counting = new Map<HTMLElement, Counting>();
let lastDrawnAt = 0;

function step(now: number): void {
  if (now - lastDrawnAt >= STEP_MS) {
    lastDrawnAt = now;
    for (const [element, { from, to, startedAt, draw }] of counting) {
      const part = Math.min(1, Math.max(0, (now - startedAt) / COUNT_MS));
      draw(Math.round(from + (to - from) * (1 - (1 - part) ** 3)));
      if (part === 1) counting.delete(element);
    }
  }
  if (counting.size > 0) requestAnimationFrame(step);
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
  const shown = useRef<number | null>(null);
  useLayoutEffect(() => {
    const target = element.current!;
    const draw = (next: number): void => {
      const text = format(next);
      shown.current = next;
      if (target.textContent !== text) target.textContent = text;
    };
    const from = shown.current;
    if (from === null || from === value || reducedMotion.matches || document.hidden) {
      counting.delete(target);
      draw(value);
    } else {
      if (counting.size === 0) requestAnimationFrame(step);
      counting.set(target, { from, to: value, startedAt: performance.now(), draw });
    }
  }, [value, format]);
  useLayoutEffect(() => {
    const target = element.current!;
    return () => void counting.delete(target);
  }, []);
  return <span ref={element} {...attributes} />;
}
