/**
 * The two pieces of undici that are used, taken from their files: the front door also loads fetch, caches and mocks,
 * and takes three times as long to import.
 */
import type { Agent as AgentType, buildConnector as connectorType } from 'undici';
// @ts-expect-error undici types only its front door.
import agentModule from 'undici/lib/dispatcher/agent.js';
// @ts-expect-error undici types only its front door.
import connectorModule from 'undici/lib/core/connect.js';

/** Keep-alive pools of HTTP connections, one per origin. */
export const Agent = agentModule as unknown as typeof AgentType;
export type Agent = AgentType;
/** Makes the function that opens TCP and TLS connections. */
export const buildConnector = connectorModule as unknown as typeof connectorType;
