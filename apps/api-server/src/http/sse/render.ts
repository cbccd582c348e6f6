import type { LogPage } from '../../store/job-store.ts';

/** A page of a log as bytes for the wire, shared by all followers that wait for it. */
export type RenderedPage = {
  readonly bytes: Buffer;
  /** Position after this page; meaningless when it is empty. */
  readonly last: number;
  readonly isEmpty: boolean;
  /** Nothing will ever follow. */
  readonly ended: boolean;
};

/** Server-sent events of a page. The events are stored as JSON on one line, which is what `data:` takes. */
export const renderPage = ({ entries, ended }: LogPage): RenderedPage => ({
  bytes: Buffer.from(
    entries.map(({ position, type, event }) => `id: ${position}\nevent: ${type}\ndata: ${event}\n\n`).join(''),
  ),
  last: entries.at(-1)?.position ?? 0,
  isEmpty: entries.length === 0,
  ended,
});
