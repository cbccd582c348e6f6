export { clientOf, type ExecPeer, type ExecPeerOptions, startExecPeer } from './exec-peer.ts';
export { type PeerRequest, PeerSession } from './peer-session.ts';
export { runLocally, type RunLocallyOptions } from './run-locally.ts';
