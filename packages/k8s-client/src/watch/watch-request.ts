import type { WatchOptions } from './watch.ts';
import type { WatchRequest } from './watch-once.ts';

/** One watch request from a version on, with the limits that make its end a known and cheap event. */
export const watchRequest = (path: string, options: WatchOptions, random: () => number): WatchRequest => {
  // Four to eight minutes: below the server's own 30 to 60.
  const timeoutSeconds = 240 + Math.floor(random() * 240);
  const { labelSelector, fieldSelector, resourceVersion, signal } = options;
  const initial = options.sendInitialEvents === true && resourceVersion === undefined;
  return {
    path,
    signal,
    // Bookmarks come about once a minute: two and a half minutes of silence is a dead connection.
    stallMs: Math.min(timeoutSeconds + 10, 150) * 1000,
    query: {
      labelSelector,
      fieldSelector,
      resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds,
      ...(initial ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : {}),
    },
  };
};
