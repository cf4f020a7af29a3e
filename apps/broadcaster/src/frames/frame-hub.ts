import type { Logger } from '#runtime';
import { FrameMaker, type Frame, type FrameMakerOptions } from './frame-maker.js';

export type FrameListener = (frame: Frame) => void;

/** Passes each frame to every subscriber. A subscriber that fails does not affect the others. */
export class FrameHub {
  readonly maker: FrameMaker;
  private readonly listeners = new Set<FrameListener>();

  constructor(
    options: Omit<FrameMakerOptions, 'onFrame'>,
    private readonly logger: Logger,
  ) {
    this.maker = new FrameMaker({ ...options, onFrame: (frame) => this.deliver(frame) });
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: FrameListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private deliver(frame: Frame): void {
    for (const listener of this.listeners) {
      try {
        listener(frame);
      } catch (err) {
        this.logger.error({ err, seq: frame.seq }, 'a frame could not be delivered');
      }
    }
  }
}
