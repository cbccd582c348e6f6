/** What can happen to a TCP connection. `none` is the control group. */
export const faults = ['none', 'reset', 'end', 'silence', 'trickle', 'delay', 'refuse'] as const;

/** One of {@link faults}. */
export type FaultKind = (typeof faults)[number];

/** What happens to one connection, and when. */
export interface Fault {
  readonly kind: FaultKind;
  /** Bytes in both directions after which it happens: small numbers hit TLS and the upgrade. */
  readonly afterBytes: number;
}

/**
 * Draws a fault for a connection. The position is drawn on a logarithmic scale, so that every phase of the protocol is hit: the TLS
 * handshake, the upgrade, the program on stdin, the first output, and the middle of a long one.
 */
export function planFault(kind: FaultKind, random: () => number): Fault {
  return { kind, afterBytes: Math.round(10 ** (1 + random() * 5)) };
}
