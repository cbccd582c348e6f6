import { fileURLToPath } from 'node:url';

/**
 * The command that runs the coordinator program of this checkout or installation, for local mode.
 *
 * From source it runs `main.ts` by type stripping, with the condition under which the packages resolve to their
 * sources; from a build it runs `main.js`. The program itself is not loaded by asking.
 */
export const coordinatorCommand = (): string[] => {
  const fromSource = import.meta.url.endsWith('.ts');
  return [
    process.execPath,
    ...(fromSource ? ['--disable-warning=ExperimentalWarning', '--conditions=@danube/source'] : []),
    fileURLToPath(new URL(fromSource ? './main.ts' : './main.js', import.meta.url)),
  ];
};
