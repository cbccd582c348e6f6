import { constants } from 'node:os';
import type { ConnectionEnd } from '../connection/connection.ts';
import { ExecConnectionLostError, type ExecError, ExecExitUnknownError } from '../errors.ts';
import { failureError } from '../protocol/failure.ts';
import type { Sentinel } from './sentinel.ts';

/** What is known at the end of a plain exec. */
export interface Evidence {
  readonly end: ConnectionEnd;
  /** Sentinels of both streams; undefined when none was asked for. */
  readonly sentinels: { readonly stdout: Sentinel | undefined; readonly stderr: Sentinel | undefined } | undefined;
  readonly outputSeen: boolean;
}

/** What the evidence proves: an exit, or an error that says how much is unknown. */
export type Verdict =
  { readonly code: number | null; readonly signal: string | null; readonly verified: boolean } | ExecError;

/** Judges the end of a plain exec. Pure. Nothing but both sentinels makes an exit `verified`; nothing else makes a 0 without opt-out. */
export function judge({ end, sentinels, outputSeen }: Evidence): Verdict {
  const { stdout, stderr } = sentinels ?? {};
  if (stdout && stderr && stdout.code === stderr.code) return fromSentinel(stdout);
  if (stdout && stderr) return unknown('the end marks of the two streams differ');
  if (end.kind === 'lost') {
    return new ExecConnectionLostError('EXEC_CONNECTION_LOST', end.detail, { started: outputSeen ? 'yes' : 'maybe' });
  }
  const { status } = end;
  if (status.kind === 'failure') return failureError(status, outputSeen);
  if (status.kind === 'malformed') return unknown(status.message);
  if (sentinels) {
    // 126 and 127 without any sentinel: the image has no `sh`, or a runtime says so with a code.
    return unknown(
      `the server says ${status.kind === 'success' ? 'success' : `exit code ${status.code}`}, the output has no end mark`,
    );
  }
  return { code: status.kind === 'success' ? 0 : status.code, signal: null, verified: false };
}

function fromSentinel({ code, bySignal }: Sentinel): Verdict {
  const signal = bySignal ? signalName(code - 128) : null;
  return { code: signal === null ? code : null, signal, verified: true };
}

function signalName(number: number): string | null {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry ? entry[0] : null;
}

const unknown = (detail: string): ExecError =>
  new ExecExitUnknownError('EXEC_EXIT_UNKNOWN', detail, {
    started: 'maybe',
    hint: 'The output may be cut. Use a durable run where a command must not run twice',
  });
