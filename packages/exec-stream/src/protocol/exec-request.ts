import type { ExecQuery, ExecTarget } from '../types.ts';

/** What one exec connection asks of the server. */
export interface ExecRequest {
  readonly target: ExecTarget;
  readonly argv: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Path of the exec subresource. Names are encoded: they may come from users. */
export function execPath({ namespace, pod }: ExecTarget): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec`;
}

/**
 * Query of an exec request. False booleans are left out, because the server reads any value but `0` and `false` as true
 * (k8s.io/apimachinery `runtime/conversion.go`). With a terminal, stderr cannot be asked for.
 * The query ends in audit logs: nothing secret may be in `argv`.
 */
export function execQuery({ target, argv, stdin, tty }: ExecRequest): ExecQuery {
  return {
    container: target.container,
    command: argv,
    ...(stdin && { stdin: true }),
    stdout: true,
    ...(tty ? { tty: true } : { stderr: true }),
  };
}
