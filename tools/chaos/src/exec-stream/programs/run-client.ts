import { ExecStream, type ExecTarget, type RunSpec } from '@danube/exec-stream';
import { KubeClient, loadConfig } from '@danube/k8s-client';

/** Starts and reads a run until it is killed. */
interface Input {
  readonly kubeconfig: string;
  readonly target: ExecTarget;
  readonly spec: RunSpec;
}

const { kubeconfig, target, spec } = JSON.parse(process.argv[2] ?? '') as Input;
await using client = new KubeClient(await loadConfig({ kubeconfig }));
const run = new ExecStream(client).run(target, spec);
await run.started;
process.stdout.write('started\n');
for await (const { data } of run) process.stdout.write(data);
