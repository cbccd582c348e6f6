/**
 * A shell as a person has one, for tests to put behind a terminal: `NAMESPACE POD CONTAINER PROTOCOL [COMMAND…]`, on the cluster of
 * KUBECONFIG. Its last line says how the shell ended, and whether the terminal is raw then.
 */
import { type ExecProtocol, ExecStream, isExecError, runShell } from '@danube/exec-stream';
import { KubeClient, loadConfig } from '@danube/k8s-client';

const { stdin, stdout } = process;
const [namespace = '', pod = '', container = '', protocol, ...argv] = process.argv.slice(2);
const client = new KubeClient(await loadConfig({ env: process.env }));
const stream = new ExecStream(client, { protocols: [protocol as ExecProtocol] });
const hungUp = new AbortController();
process.on('SIGHUP', () => hungUp.abort());
const raw = (): string => `raw ${stdin.isRaw}`;
try {
  const { code, verified } = await runShell(
    stream,
    { namespace, pod, container },
    { terminal: { input: stdin, output: stdout }, signal: hungUp.signal, ...(argv.length > 0 && { argv }) },
  );
  stdout.write(`client: code ${code} verified ${verified} ${raw()}\n`);
} catch (error) {
  stdout.write(`client: ${isExecError(error) ? error.code : String(error)} ${raw()}\n`);
}
await client.close();
