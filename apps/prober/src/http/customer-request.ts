import type { RenderedRequest } from '#scenario';

/** A request as the prober keeps it: most are sent again and again, so what was found out about one is remembered with it. */
export interface CustomerRequest extends RenderedRequest {
  /** Number of the request among those of its service that hold nothing unique, from 0; left out for one that is sent once. */
  readonly slot?: number;
  /** A body that was judged to be right for it, so that the same body need not be judged again. */
  rightBody?: string | null;
}

/** A request as it goes over the wire. */
export interface Wire {
  readonly text: string;
  /** `latin1` where the text is ASCII: the platform copies it as it is. */
  readonly encoding: 'latin1' | 'utf8';
}
