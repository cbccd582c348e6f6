import { pipelineSchema } from '@danube/contract';
import type { Command } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';

/** `danube schema` */
export const schema: Command = async (io) => {
  await write(io.stdout, schemaText());
  return exitCodes.ok;
};

/** The JSON Schema (draft 7, which editors know best) of job files. `docs/pipeline.schema.json` is a copy of it. */
export const schemaText = (): string => {
  const { $schema, ...rest } = pipelineSchema.toJSONSchema({ target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ $schema, title: 'A Danube job file', ...rest }, undefined, 2)}\n`;
};
