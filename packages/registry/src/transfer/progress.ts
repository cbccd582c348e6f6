/** What happens during a transfer. Sizes in bytes. */
export type TransferEvent =
  | { readonly type: 'planned'; readonly blobs: number; readonly bytes: number }
  | { readonly type: 'started'; readonly digest: string; readonly size: number }
  /** At most every 100 ms for each blob. `bytes` is fewer than before after a resume. */
  | { readonly type: 'progress'; readonly digest: string; readonly size: number; readonly bytes: number }
  | {
      readonly type: 'blob';
      readonly digest: string;
      readonly size: number;
      readonly outcome: 'existing' | 'mounted' | 'uploaded' | 'written';
    }
  | { readonly type: 'manifest'; readonly digest: string; readonly name?: string };

/** Hears of a transfer. It must not throw. */
export type TransferObserver = (event: TransferEvent) => void;

const EVERY_MS = 100;

/** Lets one of many calls through in a while. */
export const throttled = (tell: (bytes: number) => void, now: () => number = Date.now): ((bytes: number) => void) => {
  let lastMs = -Infinity;
  return (bytes) => {
    if (now() - lastMs < EVERY_MS) return;
    lastMs = now();
    tell(bytes);
  };
};
