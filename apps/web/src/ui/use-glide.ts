import { useLayoutEffect, useRef, type MutableRef } from 'preact/hooks';
import { reducedMotion } from '../state.js';

const GLIDE_MS = 420;

interface Place {
  left: number;
  top: number;
}

/**
 * Lets rows glide to their new places when `order` changes. The DOM is in order of rank at once, for screen
 * readers; only the picture catches up, by transforms, from where each row was drawn. A row that changes the column
 * appears at its new place instead.
 */
export function useGlide(board: MutableRef<HTMLElement | null>, order: string): void {
  const places = useRef(new Map<string, Place>());
  const width = useRef(0);
  useLayoutEffect(() => {
    const root = board.current;
    if (!root) return;
    const before = places.current;
    const resized = root.clientWidth !== width.current;
    width.current = root.clientWidth;
    const after = new Map<string, Place>();
    const rows = [...root.querySelectorAll<HTMLElement>('[data-team]')];
    for (const row of rows) after.set(row.dataset['team']!, placeOf(row, root));
    places.current = after;
    if (resized || reducedMotion.matches || document.hidden) return;
    for (const row of rows) {
      const from = before.get(row.dataset['team']!);
      if (from) glide(row, from, after.get(row.dataset['team']!)!);
    }
  }, [order]);
}

/** Where a row belongs within the board, whatever transform it has now. */
function placeOf(row: HTMLElement, root: HTMLElement): Place {
  let left = 0;
  let top = 0;
  for (let at: HTMLElement | null = row; at && at !== root; at = at.offsetParent as HTMLElement | null) {
    left += at.offsetLeft;
    top += at.offsetTop;
  }
  return { left, top };
}

function glide(row: HTMLElement, from: Place, to: Place): void {
  const running = row.getAnimations().filter(({ id }) => id === 'glide');
  const moved = running.length > 0 ? new DOMMatrixReadOnly(getComputedStyle(row).transform) : null;
  const dx = from.left + (moved?.e ?? 0) - to.left;
  const dy = from.top + (moved?.f ?? 0) - to.top;
  if (dx === 0 && dy === 0) return;
  for (const animation of running) animation.cancel();
  // Across the whole board it would fly over a dozen rows that people are reading.
  if (from.left !== to.left) {
    row.animate({ opacity: [0, 1] }, { id: 'appear', duration: GLIDE_MS, easing: 'ease-out' });
    return;
  }
  // Rows that gain places pass in front.
  const zIndex = from.top > to.top ? '2' : '1';
  row.animate(
    [
      { transform: `translate(${dx}px, ${dy}px)`, zIndex },
      { transform: 'none', zIndex },
    ],
    { id: 'glide', duration: GLIDE_MS, easing: 'cubic-bezier(0.3, 0, 0.1, 1)' },
  );
}
