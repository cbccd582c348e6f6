import { type ExecProtocol, ExecStream } from '@danube/exec-stream';
import { endHonestly, liars, type PeerSession, startExecPeer } from '@danube/exec-stream/testing';
import type { Readable } from 'node:stream';
import { seededRandom } from '../random.ts';
import type { Row } from '../report.ts';
import { inParallel, type Scenario } from './scenario.ts';

const AT_ONCE = 16;
const target = { namespace: 'ns', pod: 'pod', container: 'worker' };
const protocols: readonly ExecProtocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const ends = ['reset', 'end', 1000, 1006, 1011] as const;

/** Servers of our own that lie, on v4 and v5: none is believed; and an honest one that is cut at any byte. Needs no cluster. */
export const lies: Scenario = {
  name: 'liars',
  tries: { full: { sim: 10_000, real: 10_000 }, quick: { sim: 500, real: 500 } },
  async run({ tries, seed }) {
    const rows: Row[] = [];
    for (const protocol of protocols) {
      const told: string[] = [];
      await using peer = await startExecPeer({
        protocols: [protocol],
        session: (session) => liars[indexOf(session) % liars.length]?.session(session),
      });
      const stream = new ExecStream(peer.client);
      const count = Math.ceil(tries / 4);
      await inParallel({ count, atOnce: AT_ONCE }, async (index) => {
        const { code } = await read(stream, index);
        if (code !== undefined) told.push(`${liars[index % liars.length]?.name ?? ''}: exit code ${code ?? 'null'}`);
      });
      rows.push({ name: `liars on ${protocol.slice(0, 2)}`, tries: count, violations: told });
      rows.push(await cutAnywhere(protocol, { count, seed }));
    }
    return rows;
  },
};

async function cutAnywhere(
  protocol: ExecProtocol,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<Row> {
  const whole = { stdout: 'line\n'.repeat(40), stderr: 'words' };
  const violations: string[] = [];
  let proven = 0;
  await using peer = await startExecPeer({
    protocols: [protocol],
    session: (session) => {
      const index = indexOf(session);
      const random = seededRandom(seed + index);
      session.cutAfter(Math.floor(random() * 600), ends[index % ends.length] ?? 'end');
      session.burst(() => endHonestly(session, { ...whole, code: index % 256 }));
    },
  });
  const stream = new ExecStream(peer.client);
  await inParallel({ count, atOnce: AT_ONCE }, async (index) => {
    const { code, stdout, stderr } = await read(stream, index);
    if (code === undefined) return;
    proven++;
    if (code !== index % 256 || stdout !== whole.stdout || stderr !== whole.stderr) {
      violations.push(`session ${index}: exit code ${code ?? 'null'} with ${stdout.length + stderr.length} bytes`);
    }
  });
  if (proven === 0) violations.push('no session was proven, so nothing was shown');
  return { name: `cut at any byte on ${protocol.slice(0, 2)}`, tries: count, violations, note: `${proven} proven` };
}

/** The command says which try it is: it is the word after the wrapper's own. */
const indexOf = (session: PeerSession): number => Number(session.request.argv.at(-1));

async function read(
  stream: ExecStream,
  index: number,
): Promise<{ readonly code: number | null | undefined; readonly stdout: string; readonly stderr: string }> {
  const session = stream.exec(target, ['try', String(index)]);
  const [stdout, stderr, code] = await Promise.all([
    text(session.stdout),
    text(session.stderr),
    session.result.then(
      (result) => result.code,
      () => undefined,
    ),
  ]);
  return { code, stdout, stderr };
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) all += chunk.toString();
  return all;
}
