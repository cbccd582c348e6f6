import { channel } from '../protocol/frames.ts';
import type { PeerSession } from './peer-session.ts';

/** The line by which a wrapped command proves its end on one stream: `e` and an exit code, or `s` and 128 + a signal. */
export const endMark = (session: PeerSession, how = 'e0'): string =>
  `\x1eDANUBE:${session.request.argv[3] ?? ''}:${how}\n`;

/** What {@link endHonestly} says. */
export interface HonestEnd {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

/** A whole session of a wrapped command, as an honest server sends it. Give {@link PeerSession.cutAfter} first to spoil it at any byte. */
export function endHonestly(session: PeerSession, { stdout = '', stderr = '', code = 0 }: HonestEnd = {}): void {
  session.hello();
  if (stdout !== '') session.stdout(stdout);
  if (stderr !== '') session.stderr(stderr);
  session.stderr(endMark(session, `e${code}`));
  session.stdout(endMark(session, `e${code}`));
  session.exit(code);
}

/** A server that says how a command ended without a proof. */
export interface Liar {
  readonly name: string;
  readonly session: (session: PeerSession) => void;
}

/** Ends that prove nothing, each of them seen from real servers or one bug away. None may be taken for an exit code. */
export const liars: readonly Liar[] = [
  {
    name: 'Success after cut output',
    session: (s) => {
      s.stdout('half a li');
      s.exit(0);
    },
  },
  { name: 'Success at once', session: (s) => s.exit(0) },
  {
    name: 'Success with the end mark on one stream only',
    session: (s) => {
      s.stdout(`out${endMark(s)}`);
      s.exit(0);
    },
  },
  {
    name: 'Success with different codes on the streams',
    session: (s) => {
      s.stdout(endMark(s));
      s.stderr(endMark(s, 'e1'));
      s.exit(0);
    },
  },
  {
    name: 'a cut end mark',
    session: (s) => {
      s.stdout(endMark(s).slice(0, -2));
      s.stderr(endMark(s));
      s.exit(0);
    },
  },
  {
    name: 'an end mark of another command',
    session: (s) => {
      const mark = endMark(s).replace(/:[0-9a-f]{8}/, ':00000000');
      s.stdout(mark);
      s.stderr(mark);
      s.exit(0);
    },
  },
  {
    name: 'a code on the status alone',
    session: (s) => {
      s.stdout('out');
      s.exit(0);
    },
  },
  {
    name: 'no status, close 1000',
    session: (s) => {
      s.stdout('out');
      s.close(1000);
    },
  },
  { name: 'no status, close 1011', session: (s) => s.close(1011) },
  { name: 'no status, no close frame', session: (s) => s.close() },
  { name: 'a reset', session: (s) => s.reset() },
  {
    name: 'a malformed status',
    session: (s) => {
      s.send(channel.status, '{"status":');
      s.close(1000);
    },
  },
  {
    name: 'an empty status',
    session: (s) => {
      s.send(channel.status, '');
      s.close(1000);
    },
  },
  {
    name: 'a status of another kind',
    session: (s) => {
      s.send(channel.status, '[]');
      s.close(1000);
    },
  },
  {
    name: 'a failure without exit code in mid-run',
    session: (s) => {
      s.stdout('out');
      s.exit({ message: 'container not found ("worker")' });
    },
  },
  {
    name: 'Success on the channel that only closes',
    session: (s) => {
      s.send(channel.close, '{"status":"Success"}');
      s.close(1000);
    },
  },
  {
    name: 'status before the last of stdout, which never comes',
    session: (s) => {
      s.stderr(endMark(s));
      s.status(0);
      s.stdout('out');
      s.close(1000);
    },
  },
];
