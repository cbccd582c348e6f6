import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ImageError } from './errors.ts';

const execute = promisify(execFile);

/** Runs a program and gives its stdout. `hint` names the Debian package that has it. */
export const program = async (argv: readonly string[], hint: string): Promise<string> => {
  const [file = '', ...args] = argv;
  try {
    return (await execute(file, args, { maxBuffer: 16 << 20 })).stdout;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing) throw new ImageError('MissingProgram', `${file} (Debian package ${hint})`, { cause: error });
    throw new ImageError('ProgramFailed', `${file}: ${String((error as { stderr?: unknown }).stderr ?? error)}`, {
      cause: error,
    });
  }
};
