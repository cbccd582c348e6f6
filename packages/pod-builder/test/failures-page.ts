import { reasons } from '@danube/contract';
import { type FailureRow, failureTable } from '../src/diagnose/failure-table.ts';
import { defaultLimits } from '../src/diagnose/limits.ts';
import type { Sign } from '../src/diagnose/sign.ts';
import { failureCases } from './failure-cases.ts';

/** `docs/failures.md`: the failure table as people read it. */
export const failuresPage = (): string => `# Why a job pod fails

The order is that of the decision: the first row whose sign has been there for longer than its grace gives the job its
reason. A result that the coordinator left comes before all of them, unless it only says that the coordinator was told to
stop: then the row says why. Absence of evidence is never success.

Made by \`npm run generate -w @danube/pod-builder\` from
[failure-table.ts](../packages/pod-builder/src/diagnose/failure-table.ts). Every row has recorded statuses in
[failure-cases.ts](../packages/pod-builder/test/failure-cases.ts), and those in **bold** are made on a real node by
[job-pod-lifecycle.ts](../e2e/test/suites/job-pod-lifecycle.ts).

${table(
  ['row', 'how Kubernetes shows it', 'reason', 'class', 'grace', 'recorded'],
  failureTable.map((row) => [
    onRealNode.has(row.id) ? `**${row.id}**` : row.id,
    signText(row.sign),
    row.code,
    reasons[row.code].class,
    row.grace === undefined ? 'none' : `${defaultLimits[row.grace] / 1000} s (\`${row.grace}\`)`,
    failureCases
      .filter((recorded) => recorded.row === row.id)
      .map(({ name }) => name)
      .join('; '),
  ]),
)}

## What to do

${failureTable.map(advice).join('\n')}
`;

/** Rows that the lifecycle suite makes on a real node. */
export const onRealNode = new Set([
  'image-registry-unreachable',
  'image-name-invalid',
  'image-never-pulled',
  'container-config',
  'volume-object-missing',
  'coordinator-start',
  'worker-start',
  'coordinator-lost',
  'deadline',
  'unschedulable',
  'worker-out-of-memory',
  'coordinator-out-of-memory',
  'worker-lost',
  'workspace-full',
  'deleted',
  'disruption',
]);

const advice = ({ id, what, code, hint }: FailureRow): string =>
  `- \`${id}\`: ${what.replaceAll('{container}', '_container_').replaceAll('{image}', '_image_')}. ${hint ?? reasons[code].hint}`;

const signText = (sign: Sign): string => {
  switch (sign.in) {
    case 'waiting':
    case 'terminated': {
      const who = sign.container ?? 'any container';
      const how = sign.reasons.length === 0 ? '' : ` with ${codes(sign.reasons)}`;
      const often = sign.restarts === undefined ? '' : `, restarted ${sign.restarts} times or more`;
      return `${who} ${sign.in}${how}${often}${says(sign.says)}`;
    }
    case 'status':
      return `pod status reason ${codes(sign.reasons)}${says(sign.says)}`;
    case 'condition':
      return `condition \`${sign.type}=${sign.status}\` with ${codes(sign.reasons)}${sign.ending === true ? ', once the pod is being ended' : ''}`;
    case 'event':
      return `event ${codes(sign.reasons)} while the pod starts${says(sign.says)}`;
    case 'deletion':
      return sign.state === 'done'
        ? 'the pod is gone, or is being deleted and its coordinator has ended'
        : 'the grace period of a deletion is over, and the pod is still there';
    case 'start':
      return 'a container has not started';
    case 'end':
      return 'the pod has ended';
  }
};

const codes = (reasonsOfSign: readonly string[]): string => reasonsOfSign.map((text) => `\`${text}\``).join(', ');
const says = (pattern: RegExp | undefined): string =>
  pattern === undefined ? '' : `, saying \`${pattern.source.replaceAll('|', '\\|')}\``;

// As wide as their content, as prettier writes tables.
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
};
