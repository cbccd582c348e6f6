import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** What `npm run check` does, in order of how soon each can say no; lint reads the types that typecheck has made. */
const steps = [
  { name: 'format', command: ['prettier', '--check', '.'] },
  { name: 'project references', command: ['nx', 'sync:check'] },
  { name: 'typecheck', command: ['nx', 'run-many', '-t', 'typecheck', '--outputStyle=static'] },
  {
    name: 'docs',
    command: ['node', '--disable-warning=ExperimentalWarning', 'tools/checks/src/docs.ts', '--check'],
  },
  { name: 'lint', command: ['eslint', '.'] },
  { name: 'test', command: ['nx', 'run-many', '-t', 'test', '--parallel=2', '--outputStyle=static'] },
  { name: 'build', command: ['nx', 'run-many', '-t', 'build', '--outputStyle=static'] },
] as const;

type Outcome = { readonly name: string; readonly ok: boolean; readonly seconds: string };

const run = (command: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NX_TUI: 'false' },
    });
    child.once('error', () => {
      resolve(false);
    });
    child.once('close', (code) => {
      resolve(code === 0);
    });
  });

const outcomes: Outcome[] = [];
for (const step of steps) {
  process.stdout.write(`\n== ${step.name}: ${step.command.join(' ')}\n`);
  const startedMs = performance.now();
  const ok = await run(step.command);
  outcomes.push({ name: step.name, ok, seconds: ((performance.now() - startedMs) / 1000).toFixed(1) });
}

process.stdout.write('\n');
for (const { name, ok, seconds } of outcomes) {
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
