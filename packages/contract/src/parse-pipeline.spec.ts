import { describe, expect, it } from '@jest/globals';
import { parsePipeline } from './parse-pipeline.ts';

const good = { id: 'hello', workerImage: 'busybox:1.36', steps: [{ name: 'greet', run: 'echo hello' }] };

const secrets = { TOKEN: { secret: 'npm', key: 'token' } };

const messagesOf = (document: unknown): string[] => {
  const parsed = parsePipeline(document);
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.message);
};

describe('parsePipeline', () => {
  it('accepts a pipeline and returns it as it was', () => {
    expect(parsePipeline(good)).toEqual({ ok: true, pipeline: good });
  });

  it('accepts secrets and outputs that are there', () => {
    const steps = [
      { name: 'build', run: 'x', secrets: ['TOKEN'] },
      { name: 'publish', run: 'y', env: { VERSION: { step: 'build', output: 'version' }, PLAIN: 'z' } },
    ];
    expect(messagesOf({ ...good, secrets, steps })).toEqual([]);
  });

  it.each([
    [
      'a wrong duration',
      { ...good, steps: [good.steps[0], { name: 'b', run: 'x', timeout: 'soon' }] },
      'steps[1].timeout: expected a duration like "90s", got "soon"',
    ],
    ['a number as a duration', { ...good, timeout: 90 }, 'timeout: expected a duration like "90s", got 90'],
    ['a duration of nothing', { ...good, timeout: '0s' }, 'timeout: expected a duration like "90s", got "0s"'],
    ['a missing id', { workerImage: 'a', steps: good.steps }, 'id: expected a string, got nothing'],
    ['no steps', { ...good, steps: [] }, 'steps: expected at least one step, got []'],
    ['a misspelt key', { ...good, stepz: [] }, 'stepz: unknown key, did you mean "steps"?'],
    [
      'a misspelt key of a step',
      { ...good, steps: [{ name: 'a', run: 'x', workdir: '/' }] },
      'steps[0].workdir: unknown key, did you mean "workingDir"?',
    ],
    ['a key like no other', { ...good, zzzzzz: 1 }, 'zzzzzz: unknown key'],
    [
      'a number in env',
      { ...good, env: { PORT: 80 } },
      'env.PORT: expected a string (quote numbers and booleans), got 80',
    ],
    [
      'a step that runs nothing',
      { ...good, steps: [{ name: 'a', run: 5 }] },
      'steps[0].run: expected a script, or a list of arguments, got 5',
    ],
    ['a list instead of a mapping', [], 'the document: expected a mapping, got []'],
    [
      'two steps of one name',
      { ...good, steps: [good.steps[0], good.steps[0]] },
      'steps[1].name: expected a unique name, steps[0] has it too, got "greet"',
    ],
    [
      'a wrong value in the env of a step',
      { ...good, steps: [{ ...good.steps[0], env: { PORT: { step: 'greet' } } }] },
      'steps[0].env.PORT: expected a string (quote numbers and booleans), or a step and its output, got {"step":"greet"}',
    ],
    [
      'an output of a step that does not come before',
      { ...good, steps: [{ ...good.steps[0], env: { A: { step: 'greet', output: 'a' } } }] },
      'steps[0].env.A.step: expected the name of a step before this one, got "greet"',
    ],
    [
      'a secret that is declared nowhere',
      { ...good, steps: [{ ...good.steps[0], secrets: ['TOKEN'] }] },
      'steps[0].secrets[0]: expected one of the secrets of the pipeline, got "TOKEN"',
    ],
    [
      'a secret that is a variable too',
      { ...good, env: { TOKEN: 'x' }, secrets, steps: [{ ...good.steps[0], secrets: ['TOKEN'] }] },
      'steps[0].secrets[0]: expected a name that is not in env as well, got "TOKEN"',
    ],
    [
      'a secret by a name of ours',
      { ...good, secrets: { DANUBE_STEP: secrets.TOKEN } },
      'secrets.DANUBE_STEP: expected a name of letters, digits and _ that does not begin with DANUBE_, got "DANUBE_STEP"',
    ],
    [
      'a secret without its key',
      { ...good, secrets: { TOKEN: { secret: 'npm' } } },
      'secrets.TOKEN.key: expected a string, got nothing',
    ],
    [
      'too many retries',
      { ...good, steps: [{ ...good.steps[0], retries: 11 }] },
      'steps[0].retries: expected a whole number from 0 to 10, got 11',
    ],
    [
      'retries without end',
      { ...good, steps: [{ ...good.steps[0], retries: 'always' }] },
      'steps[0].retries: expected a whole number from 0 to 10, got "always"',
    ],
    [
      'a wrong condition',
      { ...good, steps: [{ ...good.steps[0], if: 'never' }] },
      'steps[0].if: expected one of success, failure, always, got "never"',
    ],
  ])('names the place and the expectation for %s', (_name, document, message) => {
    expect(messagesOf(document)).toEqual([message]);
  });

  it('reports every problem, not only the first', () => {
    expect(messagesOf({ ...good, timeout: 'x', steps: [{ name: '', run: 'x' }] })).toHaveLength(2);
  });
});
