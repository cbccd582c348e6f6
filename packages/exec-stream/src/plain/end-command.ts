import { runProgram } from '../durable/run-program.ts';
import type { ConnectionOptions } from '../connection/connection.ts';
import { endByCookieProgram } from '../launcher/programs.ts';
import type { ExecClient, ExecTarget } from '../types.ts';

/** How to find the processes of a plain exec, and how long they have after TERM. */
export interface EndOptions extends ConnectionOptions {
  readonly cookie: string;
  readonly graceMs: number;
}

/**
 * Ends the processes of a plain exec by a second exec, since the API has no way to end the first.
 * Answers how many are left; undefined when nobody could look.
 */
export async function endCommand(
  client: ExecClient,
  target: ExecTarget,
  { cookie, graceMs, ...connection }: EndOptions,
): Promise<number | undefined> {
  const program = { operation: 'end', args: [], text: endByCookieProgram(cookie, graceMs) };
  try {
    const signal = AbortSignal.timeout(graceMs + 15_000);
    return Number(await runProgram(client, target, { ...connection, program, signal }));
  } catch {
    return undefined;
  }
}
