import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '../errors.ts';
import { runProgram } from './run-program.ts';

const source = join(import.meta.dirname, '../../go');

/**
 * The path of the reference program, built from `tools/bench/go` when it is not in the user's cache yet.
 *
 * @throws BenchError `ReferenceMissing` without a Go toolchain
 */
export const goReference = async (progress: (line: string) => void): Promise<string> => {
  const hash = createHash('sha256');
  for (const file of readdirSync(source).sort()) hash.update(file).update(readFileSync(join(source, file)));
  const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'danube/bench');
  const program = join(directory, `reference-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;

  mkdirSync(directory, { recursive: true });
  progress('building the Go reference (client-go); this takes some minutes, once');
  const building = `${program}.${process.pid}`;
  const flags = ['-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false', '-ldflags=-s -w'];
  try {
    await runProgram(['go', 'build', ...flags, '-o', building, '.'], { cwd: source, env: { CGO_ENABLED: '0' } });
  } catch (error) {
    throw new BenchError(
      'ReferenceMissing',
      'the Go reference cannot be built here: it needs Go and its module proxy',
      {
        cause: error,
      },
    );
  }
  renameSync(building, program);
  return program;
};
