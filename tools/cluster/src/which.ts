import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Finds an executable as a shell would, and in the system directories that a user's PATH may lack. */
export const which = (program: string, path = process.env['PATH'] ?? ''): string | undefined => {
  if (program.includes('/')) return isExecutable(program) ? program : undefined;
  return [...path.split(delimiter), '/usr/sbin', '/sbin']
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program))
    .find(isExecutable);
};

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};
