import { BenchError } from '../errors.ts';
import { type Cut, ServerControl } from '../programs/server-control.ts';
import { openClient } from './pod-informer.ts';

/** What became of an informer whose watch was cut again and again. */
export type Recovery = {
  readonly tookMs: readonly number[];
  /** Changes that its handlers did not hear of, or heard of twice, or in the wrong order. */
  readonly wrong: number;
  /** What the server sent for each byte of the changes. */
  readonly sentBytesPerByte: number;
};

const PATIENCE_MS = 60_000;

const [how = 'end', cuts = '0'] = process.argv.slice(2) as [Cut?, string?];

await using client = openClient();
const control = new ServerControl();
const heard: string[] = [];
let told = Promise.withResolvers<undefined>();
await using informer = client.pods().informer({ fields: {} });
informer.subscribe((change) => {
  if (change.type !== 'updated') return;
  heard.push(change.object.metadata?.resourceVersion ?? '');
  told.resolve(undefined);
});
await informer.start().synced;

const before = await control.stats();
const made: string[] = [];
const tookMs: number[] = [];
for (let cut = 0; cut < Number(cuts); cut += 1) {
  const startedMs = performance.now();
  made.push(await control.cut(how));
  const patience = setTimeout(() => {
    throw new BenchError('ProgramFailed', `a change was not heard of in ${PATIENCE_MS} ms`);
  }, PATIENCE_MS);
  while (heard.at(-1) !== made.at(-1)) {
    await told.promise;
    told = Promise.withResolvers();
  }
  clearTimeout(patience);
  tookMs.push(performance.now() - startedMs);
}
const after = await control.stats();
const sentBytesPerByte = (after.sentBytes - before.sentBytes) / (after.changedBytes - before.changedBytes);
const wrong = Math.abs(heard.length - made.length) + made.filter((version, at) => heard[at] !== version).length;
const recovery: Recovery = { tookMs, wrong, sentBytesPerByte };
process.stdout.write(`${JSON.stringify(recovery)}\n`);
control.close();
await informer.stop();
