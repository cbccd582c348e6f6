import { stringify } from 'yaml';
import { coordinatorRbac, jobsNamespace } from '../src/rbac/coordinator-rbac.ts';
import { execPolicy } from '../src/rbac/exec-policy.ts';
import { failuresPage } from './failures-page.ts';

const manifests = (objects: readonly object[], header: string): string =>
  `${header}${objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true }))
    .join('---\n')}`;

/** Files of the repository that are made from this package, by path from the root. */
export const generatedFiles = (): Record<string, string> => ({
  'deploy/jobs-namespace.yaml': manifests(
    [jobsNamespace(), ...coordinatorRbac(), ...execPolicy()],
    `# What job pods need, once per cluster: kubectl apply -f deploy/jobs-namespace.yaml
# The last two objects keep each coordinator to its own pod; they need Kubernetes 1.30 and a cluster admin.
# Made by \`npm run generate -w @danube/pod-builder\`: change it there.
`,
  ),
  'docs/failures.md': failuresPage(),
});
