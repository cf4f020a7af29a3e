import type { Logger } from '#runtime';
import { FrameMaker, type Frame, type FrameMakerOptions } from './frame-maker.js';

export type FrameListener = (frame: Frame) => void;

/** Hands each frame to every way of delivery. One that fails doesn't keep the frame from the others. */
export class FrameHub {
  readonly maker: FrameMaker;
  private readonly listeners = new Set<FrameListener>();

  constructor(
    options: Omit<FrameMakerOptions, 'onFrame'>,
    private readonly logger: Logger,
  ) {
    this.maker = new FrameMaker({ ...options, onFrame: (frame) => this.deliver(frame) });
  }

  /** @returns what ends the subscription */
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
