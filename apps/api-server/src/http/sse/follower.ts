import type { Response } from 'express';
import type { RenderedPage } from './render.ts';

/** One connection that follows a log: where it is, and whether it can take more. */
export class Follower {
  readonly #response: Response;
  #position: number;
  #state: 'ready' | 'full' | 'ended' = 'ready';

  constructor(response: Response, position: number) {
    this.#response = response;
    this.#position = position;
    response.on('drain', () => {
      if (this.#state === 'full') this.#state = 'ready';
    });
  }

  get position(): number {
    return this.#position;
  }

  /** The client keeps up: what was sent is out of our memory. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Sends a page, and ends the response after the last one. */
  send(page: RenderedPage): void {
    if (!page.isEmpty) {
      this.#position = page.last;
      if (!this.#response.write(page.bytes)) this.#state = 'full';
    }
    if (page.ended) this.end();
  }

  /** Shows a silent but reading client that the connection lives. */
  heartbeat(): void {
    if (this.isReady) this.#response.write(': heartbeat\n\n');
  }

  end(): void {
    this.#state = 'ended';
    this.#response.end();
  }

  /** The client reads again. */
  onDrain(listener: () => void): void {
    this.#response.on('drain', listener);
  }

  /** The connection is over, whoever ended it. */
  onGone(listener: () => void): void {
    this.#response.on('close', () => {
      this.#state = 'ended';
      listener();
    });
  }
}
