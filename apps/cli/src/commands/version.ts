import { readFile } from 'node:fs/promises';
import type { Command } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { isJson } from './server-of.ts';

/** `danube version` */
export const version: Command = async (io, parsed) => {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: danube } = JSON.parse(manifest) as { version: string };
  const versions = { danube, node: process.versions.node };
  await write(io.stdout, `${isJson(parsed) ? JSON.stringify(versions) : `danube ${danube} (Node ${versions.node})`}\n`);
  return exitCodes.ok;
};
