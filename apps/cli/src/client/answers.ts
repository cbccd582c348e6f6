import type { IncomingMessage } from 'node:http';
import { CliError } from '../errors.ts';
import { serverName, unreachable } from './http.ts';

/** The body of an answer as JSON. @throws CliError NotDanube when it is none. */
export const readJson = async (server: URL, answer: IncomingMessage): Promise<unknown> => {
  const text = await readText(server, answer);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notDanube(server, what(answer), cause);
  }
};

/** What an answer that is not a success means to the user. */
export const failureOf = async (server: URL, answer: IncomingMessage): Promise<CliError> => {
  const status = answer.statusCode ?? 0;
  const error = errorOf(await readText(server, answer));
  if (error === undefined) {
    return status >= 500
      ? new CliError('ServerFailed', `${serverName(server)} failed (HTTP ${status})`, {
          hint: 'see the log of the server',
        })
      : notDanube(server, what(answer));
  }
  const { message, problems, hint } = error;
  if (status === 404) return new CliError('NotFound', message, { hint: 'danube ps lists the jobs' });
  return new CliError(status >= 500 ? 'ServerFailed' : 'Rejected', [message, ...problems].join('; '), {
    ...(hint === undefined ? {} : { hint }),
  });
};

/** Something answers, but it is not the API of a Danube server. */
export const notDanube = (server: URL, evidence: string, cause?: unknown): CliError =>
  new CliError('NotDanube', `${serverName(server)} does not answer like a Danube server (${evidence})`, {
    hint: 'check --server or DANUBE_SERVER',
    cause,
  });

const what = (answer: IncomingMessage): string =>
  `HTTP ${answer.statusCode ?? 0}, ${answer.headers['content-type']?.split(';', 1)[0] ?? 'no content type'}`;

const readText = async (server: URL, answer: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of answer) pieces.push(piece as Buffer);
  } catch (error) {
    throw unreachable(server, error as NodeJS.ErrnoException);
  }
  return Buffer.concat(pieces).toString('utf8');
};

type ServerError = {
  readonly message: string;
  readonly problems: readonly string[];
  readonly hint: string | undefined;
};

/** The error in a body: `{ error: { code, message, problems?, hint? } }`. */
const errorOf = (text: string): ServerError | undefined => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { error } = (body ?? {}) as { error?: { message?: unknown; problems?: unknown; hint?: unknown } };
  if (typeof error?.message !== 'string') return undefined;
  return {
    message: error.message,
    problems: Array.isArray(error.problems) ? error.problems.map(problemText) : [],
    hint: typeof error.hint === 'string' ? error.hint : undefined,
  };
};

const problemText = (problem: unknown): string => {
  const { message } = (problem ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(problem);
};
