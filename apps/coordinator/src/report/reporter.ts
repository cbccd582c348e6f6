import type { Numbered } from './lane.ts';

/** Whether all events arrived, and if not, why. */
export type Delivery = { readonly complete: true } | { readonly complete: false; readonly why: string };

/** Where events go. */
export type Reporter = {
  /**
   * Takes events until they end, no faster than they can be passed on, and resolves when all of them are safe.
   * Never rejects: when the signal fires, or when nobody will ever take them, it gives up and says why.
   */
  deliver(events: AsyncIterable<Numbered>, signal: AbortSignal): Promise<Delivery>;
};
