/**
 * The two pieces of undici that are used, taken from their files: the front door also loads fetch, caches and mocks,
 * and takes three times as long to import.
 */
import type { Pool as PoolType, buildConnector as connectorType } from 'undici';
// @ts-expect-error undici types only its front door.
import poolModule from 'undici/lib/dispatcher/pool.js';
// @ts-expect-error undici types only its front door.
import connectorModule from 'undici/lib/core/connect.js';

/** A keep-alive pool of HTTP connections to one origin. (An Agent forgets its pools on close and cannot cut them then.) */
export const Pool = poolModule as unknown as typeof PoolType;
export type Pool = PoolType;
/** Makes the function that opens TCP and TLS connections. */
export const buildConnector = connectorModule as unknown as typeof connectorType;
