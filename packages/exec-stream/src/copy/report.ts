import { ExecCopyError } from '../errors.ts';
import type { ExecSession } from '../types.ts';

/** What an end of the copy has seen of the archive. */
export interface Measured {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What a copy program said on stderr. */
export interface Report {
  /** Set when it came to its end. */
  readonly done?: { readonly tarCode: number } & Measured;
  readonly missing?: string;
  readonly absent?: true;
  /** The words of tar and of the shell. */
  readonly words: string;
}

const MAX_WORDS = 2_000;

/** Listens to a copy program. Tells its report as soon as that is complete, and again at the end of stderr. */
export function listen(session: ExecSession): Promise<Report> {
  return new Promise((resolve) => {
    let text = '';
    session.stderr.on('data', (bytes: Buffer) => {
      text = (text + bytes.toString()).slice(-MAX_WORDS);
      const report = parse(text);
      if (report.done) resolve(report);
    });
    session.stderr.once('close', () => resolve(parse(text)));
  });
}

function parse(text: string): Report {
  const lines = text.split('\n');
  const words = lines
    .filter((line) => line !== '' && !line.startsWith('danube:'))
    .slice(-3)
    .join('; ');
  const [, rest = ''] = /^danube:done (.*)\n/m.exec(text) ?? [];
  const [, tarCode] = /(?:^| )code=(\d{1,3})(?: |$)/.exec(rest) ?? [];
  const [, bytes] = /(?:^| )bytes=(\d{1,15})(?: |$)/.exec(rest) ?? [];
  const [, sha256] = /(?:^| )([0-9a-f]{64})(?: |$)/.exec(rest) ?? [];
  const [, missing] = /^danube:missing (.+)$/m.exec(text) ?? [];
  return {
    words,
    ...(tarCode !== undefined &&
      bytes !== undefined &&
      sha256 !== undefined && { done: { tarCode: Number(tarCode), bytes: Number(bytes), sha256 } }),
    ...(missing !== undefined && { missing }),
    ...(/^danube:absent$/m.test(text) && { absent: true as const }),
  };
}

/** Judges a report. @throws ExecCopyError when it is not that of a whole copy of what this end has seen */
export function check(report: Report, path: string, here: Measured): void {
  if (report.missing !== undefined) {
    throw new ExecCopyError('EXEC_COPY_TOOLS', report.missing, {
      started: 'no',
      hint: 'A copy needs sh, tar, tee, head and sha256sum in the image, as in busybox',
    });
  }
  if (report.absent)
    throw new ExecCopyError('EXEC_COPY_FAILED', `${path}: no such file or directory`, { started: 'no' });
  if (report.done === undefined) throw new ExecCopyError('EXEC_COPY_FAILED', report.words || path, { started: 'yes' });
  if (report.done.tarCode !== 0) {
    throw new ExecCopyError('EXEC_COPY_FAILED', report.words || `tar: exit code ${report.done.tarCode}`, {
      started: 'yes',
    });
  }
  if (report.done.bytes !== here.bytes) {
    const detail = `${path}: ${report.done.bytes} bytes there, ${here.bytes} here`;
    throw new ExecCopyError('EXEC_COPY_CORRUPT', detail, { started: 'yes' });
  }
  if (report.done.sha256 !== here.sha256) {
    throw new ExecCopyError('EXEC_COPY_CORRUPT', `${path}: another SHA-256 than that of what was sent`, {
      started: 'yes',
    });
  }
}
