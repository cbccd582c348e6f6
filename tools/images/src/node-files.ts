import { dirname } from 'node:path';
import { program } from './program.ts';
import type { TarEntry } from './tar.ts';

/** The Node that runs this, and the shared libraries it is linked to, for an image of the same architecture. */
export const nodeFiles = async (binary = process.execPath): Promise<TarEntry[]> => {
  const libraries = librariesOf(await program(['ldd', binary], 'libc-bin'));
  const directories = new Set(['usr', 'usr/local', 'usr/local/bin', ...libraries.flatMap(parents)]);
  return [
    ...[...directories].sort().map((path): TarEntry => ({ type: 'directory', path })),
    ...libraries.map((file): TarEntry => ({ type: 'file', path: file.slice(1), content: { file }, mode: 0o755 })),
    { type: 'file', path: 'usr/local/bin/node', content: { file: binary }, mode: 0o755 },
  ];
};

/** The absolute paths in the output of `ldd`, sorted, each once. */
export const librariesOf = (output: string): string[] => [...new Set(output.match(/(?<=\s)\/\S+/g) ?? [])].sort();

const parents = (file: string): string[] => {
  const up = dirname(file).slice(1);
  return up === '' ? [] : [...parents(`/${up}`), up];
};
