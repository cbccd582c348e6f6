import type { Writable } from 'node:stream';
import * as ws from 'ws';

/** What of the receiver of `ws` is used here; its types do not name it. */
type ReceiverClass = new (options: {
  readonly isServer: boolean;
  readonly maxPayload?: number;
  readonly skipUTF8Validation?: boolean;
  readonly maxBufferedChunks?: number;
  readonly maxFragments?: number;
}) => Writable;

/** The receiving half of `ws`: the reference for our own. */
export const { Receiver } = ws as unknown as { readonly Receiver: ReceiverClass };
