import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Name of the file in the directory of a run to which its command writes outputs. */
export const OUTPUTS_FILE = 'outputs';
/** Longest file of outputs, in bytes. All of them fit into the environment of one command. */
export const MAX_OUTPUTS_BYTES = 65_536;

/** What a command has left for later steps, or what is wrong with it. */
export type Outputs = { readonly values: Readonly<Record<string, string>> } | { readonly problem: string };

/**
 * Reads what a command has written to its `$DANUBE_OUTPUT`. Undefined when it wrote nothing.
 *
 * The command can put anything there, so that no link is followed, nothing but a plain file is read, and not more than
 * {@link MAX_OUTPUTS_BYTES} of it.
 */
export const readOutputs = async (runDir: string): Promise<Outputs | undefined> => {
  try {
    await using dir = await open(runDir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    // Through the open directory: it cannot be replaced by a link in between.
    const path = process.platform === 'linux' ? `/proc/self/fd/${dir.fd}` : runDir;
    await using file = await open(
      join(path, OUTPUTS_FILE),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    return await readPlainFile(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : { problem: 'they cannot be read' };
  }
};

const readPlainFile = async (file: FileHandle): Promise<Outputs> => {
  const stats = await file.stat();
  if (!stats.isFile() || stats.nlink > 1) return { problem: 'they are not in a plain file' };
  const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_OUTPUTS_BYTES + 1), 0, MAX_OUTPUTS_BYTES + 1, 0);
  if (bytesRead > MAX_OUTPUTS_BYTES) return { problem: `they are longer than ${MAX_OUTPUTS_BYTES} bytes` };
  return parseOutputs(buffer.subarray(0, bytesRead));
};

/** Lines of `name=value`; the value is all to the end of its line. The last one of a name counts. */
export const parseOutputs = (bytes: Buffer): Outputs => {
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes) || text.includes('\0')) return { problem: 'they are not text' };
  const values = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    const [, name, value = ''] = /^([A-Za-z_][A-Za-z0-9_-]{0,99})=(.*)$/.exec(line.replace(/\r$/, '')) ?? [];
    if (name !== undefined) values.set(name, value);
    // Never the line itself: it may hold a secret.
    else if (line.trim() !== '') return { problem: `line ${index + 1} is not name=value` };
  }
  return { values: Object.fromEntries(values) };
};
