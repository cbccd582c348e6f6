import type { Pipeline } from '@danube/contract';

/** What a job of the chaos run prints, and how fast. */
export type Workload = { readonly lines: number; readonly pauseMs: number; readonly memory?: string };

/** Where a step finds the directory outside of its pod. */
export const OUTSIDE = 'OUTSIDE';

/** Names of the steps. The first talks while the fault comes; the second shows that the job went on. */
export const stepNames = ['talk', 'last'] as const;

const padding = '.'.repeat(60);

/** All that the first step writes to one of its streams, if nothing ends it. */
export const expectedOutput = (stream: 'stdout' | 'stderr', { lines }: Workload): string =>
  Array.from({ length: lines }, (_, index) => `${stream} ${index + 1} ${padding}\n`).join('');

/** What the second step writes to stdout. */
export const LAST_OUTPUT = 'bye\n';

/**
 * A job that talks on both streams. Outside of its pod it leaves which commands ran (`ran`), which of them came to their
 * end (`ended`), and each line before it is written (`lines`). A file `do` there is run by it, in the middle of its talk.
 */
export const chaosPipeline = (
  { lines, pauseMs, memory }: Workload,
  { id, workerImage }: { readonly id: string; readonly workerImage: string },
): Pipeline => {
  const mine = `"$${OUTSIDE}/$DANUBE_JOB_ID"`;
  const talk = [
    `echo talk >>${mine}.ran`,
    'i=0',
    `while [ $i -lt ${lines} ]; do`,
    `  i=$((i+1)); echo $i >>${mine}.lines`,
    `  echo "stdout $i ${padding}"; echo "stderr $i ${padding}" >&2`,
    `  if [ -e ${mine}.do ]; then . ${mine}.do; fi`,
    `  sleep ${pauseMs / 1000}`,
    'done',
    `echo talk >>${mine}.ended`,
  ];
  const last = [`echo last >>${mine}.ran`, 'echo bye', `echo last >>${mine}.ended`];
  return {
    id,
    workerImage,
    ...(memory === undefined ? {} : { resources: { limits: { memory } } }),
    steps: [
      { name: stepNames[0], run: talk.join('\n') },
      { name: stepNames[1], run: last.join('\n') },
    ],
  };
};
