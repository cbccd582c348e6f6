import { ExecStream } from '@danube/exec-stream';
import { createHash } from 'node:crypto';
import type { Bench, Benchmark, Figure } from '../benchmark.ts';
import { bound } from '../bound.ts';
import { percentile } from '../statistics.ts';
import { CuttableClient } from './cuttable-client.ts';
import { readAll, type RunPlace, startRunPlace } from './run-place.ts';
import { withPlace } from './with-place.ts';

const MIB = 2 ** 20;
const sizes = { quick: { mib: 128, cuts: 20 }, normal: { mib: 512, cuts: 60 }, full: { mib: 2048, cuts: 200 } };
const MAX_RESUME_MS = 1000;
const MAX_AGAIN_KIB = 64;

/** E11: a run whose reader loses its connection again and again. */
export const resume: Benchmark = {
  id: 'E11',
  group: 'exec-stream',
  title: 'a durable run that is read over connections that are reset',
  run: async (bench) => {
    const figures: Figure[] = [];
    for (const name of ['simulator', 'real node'] as const) {
      const start = (): Promise<RunPlace> => startRunPlace(name);
      figures.push(...(await withPlace({ id: 'E11', metric: `ms, ${name}`, start }, (place) => all(bench, place))));
    }
    return figures;
  },
};

/** Every MiB is another one: what comes twice, or at the wrong place, changes the hash. */
const BLOCK = Buffer.from(Array.from({ length: 160_000 }, (_, line) => `${line + 1}\n`).join('')).subarray(0, MIB);
const script = (mib: number): string =>
  `cd "\${0%/*}"; seq 160000 | head -c ${MIB} >block; i=0; while [ $i -lt ${mib} ]; do echo $i; cat block; i=$((i+1)); done`;

const all = async (bench: Bench, place: RunPlace): Promise<Figure[]> => {
  const { mib, cuts } = sizes[bench.size];
  const client = new CuttableClient(place.client);
  const run = new ExecStream(client).run(place.target, { ...place.newRun(), run: script(mib) });
  const hash = createHash('sha256');
  const resumeMs: number[] = [];
  let bytes = 0;
  let cutAt: { readonly ms: number; readonly dials: number } | undefined;
  await readAll(run, (data) => {
    hash.update(data);
    bytes += data.length;
    // What was received before the cut may still come; only a new connection brings the next byte.
    if (cutAt && client.dials > cutAt.dials) {
      resumeMs.push(performance.now() - cutAt.ms);
      cutAt = undefined;
    }
    if (cutAt || bytes < ((resumeMs.length + 1) * mib * MIB) / (cuts + 1)) return;
    cutAt = { ms: performance.now(), dials: client.dials };
    client.cut();
  });
  const wanted = createHash('sha256');
  for (let block = 0; block < mib; block += 1) wanted.update(`${block}\n`).update(BLOCK);
  const faults = Number(hash.digest('hex') !== wanted.digest('hex')) + Math.max(0, cuts - resumeMs.length);
  const figure = (metric: string) => ({ id: 'E11', metric: `${metric}, ${place.name}`, subject: 'exec-stream' });
  const againKib = (client.receivedBytes - bytes) / cuts / 1024;
  return [
    bound(figure('ms to the next byte, 99 %'), percentile(resumeMs, 0.99), { atMost: MAX_RESUME_MS }),
    bound(figure('KiB received again per cut, handshakes and framing included'), againKib, { atMost: MAX_AGAIN_KIB }),
    bound(figure(`wrong hashes and missing resumptions, ${mib} MiB, ${cuts} cuts`), faults, { atMost: 0 }),
  ];
};
