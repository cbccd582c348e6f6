import { join } from 'node:path';
import { runProgram } from '../programs/run-program.ts';

const images = join(import.meta.dirname, '../../../images/src/main.ts');

/** What the image of the coordinator starts, made of the sources as the image is. */
export const coordinatorProgram = async (dir: string): Promise<string[]> => {
  const file = join(dir, 'main.mjs');
  const tool = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=@danube/source', images];
  await runProgram([...tool, 'bundle', 'coordinator', file]);
  return [process.execPath, '--disable-warning=ExperimentalWarning', file];
};
