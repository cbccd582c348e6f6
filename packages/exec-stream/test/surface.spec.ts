import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as door from '../src/index.ts';
import * as testing from '../src/testing/index.ts';

describe('the doors', () => {
  it('export what they exported', () => {
    expect(Object.keys(door).sort()).toEqual([
      'ExecAbortedError',
      'ExecConnectionLostError',
      'ExecCopyError',
      'ExecError',
      'ExecExitUnknownError',
      'ExecLostError',
      'ExecPodError',
      'ExecStartError',
      'ExecStream',
      'ExecTimeoutError',
      'copyFrom',
      'copyTo',
      'discardJournal',
      'execErrors',
      'forgoRun',
      'isExecError',
      'isRunClaimed',
      'readJournal',
      'readJournalRange',
      'runShell',
    ]);
    expect(Object.keys(testing).sort()).toEqual([
      'PeerSession',
      'clientOf',
      'decodeSession',
      'endHonestly',
      'endMark',
      'liars',
      'runLocally',
      'startExecPeer',
      'startExecTap',
    ]);
  });

  it('document every error, and no other', async () => {
    const text = await readFile(join(import.meta.dirname, '../docs/errors.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `(EXEC_[A-Z_]+)` +\| ([^|]+?) +\|/gm)].map(([, code, summary]) => [
      code,
      summary?.trim(),
    ]);
    expect(documented).toEqual(Object.entries(door.execErrors).map(([code, { summary }]) => [code, summary]));
  });
});
