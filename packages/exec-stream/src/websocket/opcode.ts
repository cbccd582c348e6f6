/** Opcodes of RFC 6455, section 5.2. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Longest payload of a control frame (RFC 6455, section 5.5). */
export const MAX_CONTROL_BYTES = 125;
