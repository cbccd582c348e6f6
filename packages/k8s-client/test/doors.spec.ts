import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as door from '../src/index.ts';

describe('the door of the package', () => {
  it('exports what a change of it has to show', () => {
    expect(Object.keys(door).toSorted()).toMatchInlineSnapshot(`
     [
       "AbortedError",
       "ApiError",
       "ConfigError",
       "Informer",
       "KubeClient",
       "KubeError",
       "LeaderElection",
       "NamespaceClient",
       "PodClient",
       "ResourceClient",
       "ServiceAccountClient",
       "TimeoutError",
       "TransportError",
       "WatchExpiredError",
       "and",
       "codes",
       "exists",
       "fieldConflicts",
       "hasCondition",
       "inClusterConfig",
       "isAborted",
       "isAlreadyExists",
       "isConflict",
       "isContainerRunning",
       "isDeleted",
       "isForbidden",
       "isGone",
       "isInvalid",
       "isNotFound",
       "isPodFinished",
       "isPodReady",
       "isPodRunning",
       "isRetryable",
       "isTimeout",
       "isTooManyRequests",
       "isUnauthorized",
       "loadConfig",
       "not",
       "or",
       "resources",
       "retryAfterMs",
     ]
    `);
  });

  it('has each error code in docs/errors.md, and no other', () => {
    const text = readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` *\| (.*?) *\| (yes|no) *\| (.*?) *\|$/gm)].map(([, ...cells]) => cells);
    const want = Object.entries(door.codes).map(([code, { message, retryable, hint }]) => [
      code,
      message,
      retryable ? 'yes' : 'no',
      hint,
    ]);
    expect(rows).toEqual(want);
  });
});
