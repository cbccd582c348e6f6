import type { Pipeline } from '@danube/contract';
import { buildJobPod } from '@danube/pod-builder';
import { measureAndPrint } from '../programs/measure.ts';

// Argument 1: how many. Argument 2: `build` builds, validates and writes each; `write` only writes the same pods as JSON.
const [count = '50000', what = 'build'] = process.argv.slice(2);

const pipelineOf = (index: number): Pipeline => ({
  id: `pipeline-${index % 100}`,
  workerImage: 'registry.example.com/team/worker:1.4',
  env: { CI_INDEX: String(index), LANG: 'C.UTF-8' },
  resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '1Gi' } },
  steps: [
    { name: 'install', run: 'npm ci' },
    { name: 'build', run: 'npm run build' },
    { name: 'test', run: ['npm', 'test'], timeout: '10m' },
  ],
});
const build = (index: number) =>
  buildJobPod({ id: `job-${index}`, attempt: 1 }, pipelineOf(index), { apiUrl: 'http://danube-api:8080' });

const WARM_UP = 2000;
const pods = Array.from({ length: WARM_UP }, (_, index) => build(index));
for (const pod of pods) JSON.stringify(pod);

let bytes = 0;
await measureAndPrint(() => {
  for (let index = 0; index < Number(count); index += 1)
    bytes += JSON.stringify(what === 'build' ? build(index) : pods[index % WARM_UP]).length;
  return Promise.resolve(Number(count));
});
if (bytes === 0) throw new RangeError('nothing was written');
