import { DanubeClient } from '../client/danube-client.ts';
import { serverUrl } from '../client/http.ts';
import type { ParsedArgs } from '../args/command-spec.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

/** The server that was named, by option or environment. @throws CliError Usage when it is no URL. */
export const serverNamed = ({ env }: Pick<Io, 'env'>, { options }: ParsedArgs): URL | undefined => {
  const text = options['server'] ?? env['DANUBE_SERVER'];
  return text === undefined || text === '' ? undefined : serverUrl(String(text));
};

/** A client of the server that was named. @throws CliError Usage when none was. */
export const clientOf = (io: Pick<Io, 'env'>, parsed: ParsedArgs): DanubeClient => {
  const server = serverNamed(io, parsed);
  if (server === undefined) {
    throw new CliError('Usage', 'no server to talk to', {
      hint: 'give --server URL or set DANUBE_SERVER (only danube run works without one)',
    });
  }
  return new DanubeClient(server);
};

/** Whether `--output json` was asked for. */
export const isJson = ({ options }: ParsedArgs): boolean => options['output'] === 'json';
