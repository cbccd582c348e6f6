import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PodAuth } from '../src/auth/pod-auth.ts';
import type { TokenReviewer } from '../src/auth/token-reviewer.ts';
import { Controls } from '../src/http/controls.ts';
import { createApp } from '../src/http/create-app.ts';
import type { ReadinessChecks } from '../src/http/health.ts';
import { type FeedTimes, LogFeeds } from '../src/http/sse/log-feeds.ts';
import { type Logger, silentLogger } from '../src/log/logger.ts';
import { serverMetrics } from '../src/metrics/server-metrics.ts';
import { pipelineCheck } from '../src/supervisor/pipeline-check.ts';
import { openDatabase } from '../src/store/database.ts';
import { JobStore } from '../src/store/job-store.ts';

export type TestServer = AsyncDisposable & { url: string; store: JobStore; feeds: LogFeeds; controls: Controls };

/** The HTTP side on port 0 over a store in memory, without a cluster. Tokens are names of pods. */
export const startHttp = async (
  options: { times?: Partial<FeedTimes>; checks?: ReadinessChecks; review?: TokenReviewer; logger?: Logger } = {},
): Promise<TestServer> => {
  const store = new JobStore(openDatabase(':memory:'));
  const feeds = new LogFeeds(store, { ...options.times, logger: options.logger ?? silentLogger });
  const controls = new Controls(store);
  const review: TokenReviewer =
    options.review ?? ((name) => Promise.resolve({ namespace: 'danube-jobs', name, uid: `uid-of-${name}` }));
  const auth = new PodAuth(review, { namespace: 'danube-jobs', now: Date.now });
  const { checks = {}, logger = silentLogger } = options;
  const http = createServer(
    createApp({
      store,
      feeds,
      controls,
      auth,
      checkPipeline: pipelineCheck({}),
      checks,
      version: '1.2.3',
      metrics: serverMetrics({ store, followers: () => feeds.size, isSynced: () => true }),
      logger,
    }),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    store,
    feeds,
    controls,
    [Symbol.asyncDispose]: async () => {
      feeds.close();
      controls.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
      store.close();
    },
  };
};

export const postJson = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

export type SentEvent = { id: number; event: string; data: Record<string, unknown> };

/** Reads server-sent events until the stream ends, or until `until` is true for all that came. */
export const readEvents = async (
  response: Response,
  until: (events: readonly SentEvent[]) => boolean = () => false,
): Promise<SentEvent[]> => {
  const events: SentEvent[] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const [, id, event, data] = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(block) ?? [];
      if (id !== undefined)
        events.push({ id: Number(id), event: event!, data: JSON.parse(data!) as Record<string, unknown> });
    }
    if (until(events)) break;
  }
  return events;
};
