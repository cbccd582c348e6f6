import { outputBytes } from '@danube/contract';
import type { View } from './view.ts';

/**
 * `--output json`: one object per line. `{"job":…}` first, so that the id is known at once; `{"position":…,"event":…}`
 * for each entry of the log; `{"job":…}` last.
 */
export const jsonView = (): View => {
  const line = (value: unknown) => ({ out: `${JSON.stringify(value)}\n` });
  return {
    begin: (job) => line({ job }),
    entry: ({ position, event }) => line({ position, event }),
    note: (text) => ({ err: `danube: ${text}\n` }),
    tick: () => ({}),
    end: (job) => (job === undefined ? {} : line({ job })),
  };
};

/** `--output raw`: the bytes of the steps as they came, stdout to stdout and stderr to stderr, and nothing else. */
export const rawView = (): View => ({
  begin: () => ({}),
  entry({ event }) {
    if (event.type !== 'output') return {};
    const bytes = outputBytes(event);
    return event.stream === 'stdout' ? { out: bytes } : { err: bytes };
  },
  note: (text) => ({ err: `danube: ${text}\n` }),
  tick: () => ({}),
  end: () => ({}),
});
