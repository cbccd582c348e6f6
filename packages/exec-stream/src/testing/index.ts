export { decodeSession } from './decode-session.ts';
export { clientOf, type ExecPeer, type ExecPeerOptions, startExecPeer } from './exec-peer.ts';
export { type CapturedPiece, type ExecCapture, type ExecTap, startExecTap } from './exec-tap.ts';
export { endHonestly, endMark, type HonestEnd, type Liar, liars } from './liars.ts';
export { type PeerRequest, PeerSession } from './peer-session.ts';
export { runLocally, type RunLocallyOptions } from './run-locally.ts';
