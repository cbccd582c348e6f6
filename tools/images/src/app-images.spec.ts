import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appConfig, type App } from './app-images.ts';
import { bundle } from './bundle.ts';

const root = join(import.meta.dirname, '../../..');

describe.each<App>(['coordinator', 'api-server'])('the Dockerfile of the %s', (app) => {
  const lines = readFileSync(join(root, 'apps', app, 'Dockerfile'), 'utf8').split('\n');
  const finalStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const valuesOf = (word: string): string[] =>
    finalStage.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('starts the same program as the image of the tests, as the same user', () => {
    const config = appConfig(app);
    expect(valuesOf('ENTRYPOINT').map((text) => JSON.parse(text) as unknown)).toEqual([config.Entrypoint]);
    expect(valuesOf('USER')).toEqual([config.User]);
    expect(valuesOf('WORKDIR')).toEqual([config.WorkingDir]);
    expect(valuesOf('ENV')).toEqual(config.Env?.filter((line) => !line.startsWith('PATH=')));
  });

  it('takes its base image as an argument, and bundles as the image of the tests does', () => {
    expect(finalStage[0]).toBe('FROM ${BASE}');
    expect(lines.join('\n')).toMatch(new RegExp(`tools/images/src/main.ts bundle ${app} /out/main.mjs`));
  });
});

describe('bundle', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'danube-bundle-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('makes one file that runs alone, with CommonJS in it', async () => {
    writeFileSync(join(directory, 'old.cjs'), 'exports.sep = require("node:path").sep;');
    writeFileSync(
      join(directory, 'main.ts'),
      'import { sep } from "./old.cjs"; const one: string = "one"; console.log(one + sep, await 2);',
    );
    const outfile = join(directory, 'out.mjs');
    await bundle({ entry: join(directory, 'main.ts'), outfile });
    rmSync(join(directory, 'old.cjs'));
    expect(execFileSync(process.execPath, [outfile], { encoding: 'utf8' })).toBe('one/ 2\n');
  });

  it('does not load fetch and WebSocket of Node with node:http', async () => {
    writeFileSync(
      join(directory, 'http.ts'),
      'import { Agent } from "node:http"; import * as https from "node:https"; ' +
        'console.log(typeof Agent, typeof https.Agent, process.moduleLoadList.some((name) => name.endsWith("undici/undici")));',
    );
    const outfile = join(directory, 'http.mjs');
    await bundle({ entry: join(directory, 'http.ts'), outfile });
    expect(execFileSync(process.execPath, [outfile], { encoding: 'utf8' })).toBe('function function false\n');
  });

  it('names the source that cannot be bundled', async () => {
    const entry = join(directory, 'broken.ts');
    writeFileSync(entry, 'import "./missing.ts";');
    await expect(bundle({ entry, outfile: join(directory, 'x.mjs') })).rejects.toThrow(/broken\.ts.*missing\.ts/s);
  });
});
