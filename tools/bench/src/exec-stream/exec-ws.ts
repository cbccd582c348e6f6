import { WebSocket } from 'ws';
import { measureExecs } from './measure-execs.ts';
import { execTarget, parseWork } from './exec-work.ts';

/** The least that a client on `ws` does: take frames, look at their channel, believe the status. */
const { BENCH_URL: server = '', BENCH_CA: ca = '' } = process.env;

await measureExecs(
  parseWork(process.argv.slice(2)),
  (command, take) =>
    new Promise((resolve, reject) => {
      const query = new URLSearchParams({ container: execTarget.container, stdout: 'true', stderr: 'true' });
      for (const word of command) query.append('command', word);
      const { namespace, pod } = execTarget;
      const url = `${server.replace('https', 'wss')}/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`;
      const socket = new WebSocket(url, ['v5.channel.k8s.io'], { ca, perMessageDeflate: false });
      let status = '';
      socket.on('message', (data: Buffer) => {
        if (data[0] === 3) status += data.toString('utf8', 1);
        else if (data[0] === 1 && data.length > 1) void take(data.subarray(1));
      });
      socket.on('error', reject);
      socket.on('close', () =>
        status.includes('Success') ? resolve() : reject(new TypeError(`expected Success, got ${status}`)),
      );
    }),
);
