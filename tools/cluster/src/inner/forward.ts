import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Forwards connections of a listening socket that was made in the machine's own network namespace (a socket stays in
 * the namespace of its birth, whoever holds it) to a port in this one. So no process is needed outside, and the
 * machine's port is free as soon as this process is gone.
 */
export const forward = (fd: number, port: number): Server => {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (outside) => {
    const inside = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    join(outside, inside);
    join(inside, outside);
  });
  return server.listen({ fd });
};

/** Passes on data with backpressure, the end, and a break as a reset. */
const join = (from: Socket, to: Socket): void => {
  from.pipe(to);
  from.once('error', () => to.resetAndDestroy());
  from.once('close', () => {
    if (!from.readableEnded) to.destroy();
  });
};
