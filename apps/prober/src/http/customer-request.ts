import type { RenderedRequest } from '#scenario';

/** A request with what is cached about it: most requests are sent many times. */
export interface CustomerRequest extends RenderedRequest {
  /** Index among the requests of its service without unique parts, from 0; absent for a request that is sent once. */
  readonly slot?: number;
  /** A body that was judged correct for it, so that an equal body need not be judged again. */
  rightBody?: string | null;
}

/** A request as it is sent. */
export interface Wire {
  readonly text: string;
  /** `latin1` for ASCII text, which Node copies without conversion. */
  readonly encoding: 'latin1' | 'utf8';
}
