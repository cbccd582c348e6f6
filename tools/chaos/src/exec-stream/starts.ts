import { ExecStream, type Journal } from '@danube/exec-stream';
import { CONTROL } from './clusters.ts';
import { inParallel, settled, type Scenario } from './scenario.ts';

const PARALLEL = 60;
const PATIENCE_MS = 120_000;

/** 60 starts at the same moment, half of them by `run` and half by `start`, from several clients: one run. */
export const starts: Scenario = {
  name: 'starts',
  tries: { full: { sim: 20, real: 10 }, quick: { sim: 2, real: 2 } },
  async run({ cluster: { client, target }, tries }) {
    const violations: string[] = [];
    await inParallel({ count: tries, atOnce: 1 }, async (index) => {
      const clients = Array.from({ length: 6 }, () => new ExecStream(client));
      const spec = {
        id: `once-${index}`,
        dir: CONTROL,
        run: 'echo ran >>"$0.count"; cat "$0.count"; echo err >&2; exit 5',
      };
      const one = async (turn: number): Promise<{ state: string; text: string }> => {
        const stream = clients[turn % clients.length] as ExecStream;
        if (turn % 2 === 0) {
          const { state } = await stream.start(target, spec);
          return { state, text: '' };
        }
        const run = stream.run(target, spec);
        const [text, { state }] = await Promise.all([textOf(run), run.started]);
        const { code } = await run.exit;
        return { state, text: `${text} ${code ?? 'null'}` };
      };
      const all = await settled(
        Promise.all(Array.from({ length: PARALLEL }, (_, turn) => one(turn))).catch((error: unknown) => String(error)),
        PATIENCE_MS,
      );
      if (typeof all === 'string') violations.push(`try ${index}: ${all}`);
      else {
        const started = all.filter(({ state }) => state === 'started').length;
        if (started !== 1) violations.push(`try ${index}: ${started} of ${PARALLEL} were told that they started it`);
        const wrong = all.find(({ text }) => text !== '' && text !== 'ran\nerr\n 5');
        if (wrong) violations.push(`try ${index}: a reader got ${JSON.stringify(wrong.text)}`);
      }
    });
    return [{ name: `${PARALLEL} parallel starts`, tries, violations }];
  },
};

async function textOf(journal: Journal): Promise<string> {
  const text = { stdout: '', stderr: '' };
  for await (const { stream, data } of journal) text[stream] += data.toString();
  return text.stdout + text.stderr;
}
