/** What can happen to a TCP connection. `none` is the control group. */
export const faults = ['none', 'reset', 'end', 'silence', 'trickle', 'delay', 'refuse'] as const;

/** One of {@link faults}. */
export type FaultKind = (typeof faults)[number];

/** Where in what one side sends something happens: in the middle of this text, or so many bytes after that. */
export interface Marker {
  readonly from: 'client' | 'server';
  readonly text: string;
  readonly skipBytes: number;
}

/** What happens to one connection, and when. */
export type Fault =
  | {
      readonly kind: FaultKind;
      /** Bytes in both directions after which it happens: small numbers hit TLS and the upgrade. */
      readonly afterBytes: number;
    }
  | { readonly kind: FaultKind; readonly at: Marker };

/**
 * Draws a fault for a connection. The position is drawn on a logarithmic scale, so that every phase of the protocol is hit: the TLS
 * handshake, the upgrade, the program on stdin, the first output, and the middle of a long one.
 */
export function planFault(kind: FaultKind, random: () => number): Fault {
  return { kind, afterBytes: Math.round(10 ** (1 + random() * 5)) };
}

/** What an exec connection goes through, in this order. */
export const phases = ['request', 'answer', 'hello', 'program', 'output', 'proof', 'status', 'close'] as const;

/** One of {@link phases}. */
export type Phase = (typeof phases)[number];

const HEAD_END = '\r\n\r\n';

const markers: Readonly<Record<Phase, readonly Marker[]>> = {
  request: [{ from: 'client', text: 'GET ', skipBytes: 40 }],
  answer: [{ from: 'server', text: 'HTTP/1.1 101', skipBytes: 20 }],
  hello: [{ from: 'server', text: HEAD_END, skipBytes: 3 }],
  program: [{ from: 'client', text: HEAD_END, skipBytes: 1_000 }],
  output: [{ from: 'server', text: 'out ', skipBytes: 0 }],
  // An exit record, or the line by which a plain exec proves its end.
  proof: [
    { from: 'server', text: '"durationMs"', skipBytes: 0 },
    { from: 'server', text: '\x1eDANUBE:', skipBytes: 0 },
  ],
  status: [{ from: 'server', text: '"status":"', skipBytes: 0 }],
  // Behind a `Success"}`: in the middle of the close frame.
  close: [{ from: 'server', text: '"status":"', skipBytes: 15 }],
};

/** Draws a fault that happens in this phase of a connection, if it gets there. */
export function planPhase(
  phase: Phase,
  { kind, random }: { readonly kind: FaultKind; readonly random: () => number },
): Fault {
  const choice = markers[phase];
  const marker = choice[Math.floor(random() * choice.length)] as Marker;
  // What comes after the beginning of the output is still output.
  const further = phase === 'output' ? Math.floor(random() * 400) : 0;
  return { kind, at: { ...marker, skipBytes: marker.skipBytes + further } };
}
