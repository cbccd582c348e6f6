import type { Readable } from 'node:stream';
import { parsePipeline, type Pipeline } from '@danube/contract';
import { CliError } from '../errors.ts';
import { readText } from './read-text.ts';
import { parseYaml } from './yaml-document.ts';

/**
 * The pipeline in a job file (YAML or JSON; `-` is standard input).
 *
 * @throws CliError BadJobFile with one line for each problem: file, line, path, what was expected and what is there.
 */
export const loadJobFile = async (file: string, stdin: Readable): Promise<Pipeline> => {
  const name = file === '-' ? '<stdin>' : file;
  return parseJobText(name, await readText(file, stdin));
};

/** The same for a text; `name` is what problems call it. */
export const parseJobText = (name: string, text: string): Pipeline => {
  const document = parseYaml(text);
  if (!document.ok) {
    throw badJobFile(
      name,
      document.problems.map(({ line, column, message }) => `${name}:${line}:${column}: ${message}`),
    );
  }
  const parsed = parsePipeline(document.value);
  if (parsed.ok) return parsed.pipeline;
  const located = parsed.problems.map(({ path, message }) => ({ line: document.lineOf(path), message }));
  located.sort((a, b) => a.line - b.line);
  throw badJobFile(
    name,
    located.map(({ line, message }) => `${name}:${line}: ${message}`),
  );
};

const badJobFile = (name: string, problems: readonly string[]): CliError =>
  new CliError('BadJobFile', `${name} is not a valid job file`, { problems });
