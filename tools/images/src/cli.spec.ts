import { describe, expect, it } from '@jest/globals';
import * as door from './index.ts';
import { runCli } from './cli.ts';

describe('the images command', () => {
  it('lists every image with its full name', async () => {
    expect(await runCli(['list'])).toEqual([
      'coordinator docker.io/library/danube-coordinator:latest',
      'api-server docker.io/library/danube-api:latest',
      'node danube.local/node:24',
      'busybox danube.local/busybox:1',
    ]);
  });

  it('explains itself, with every image that it lists', async () => {
    const [text = ''] = await runCli(['--help']);
    for (const line of await runCli(['list'])) for (const word of line.split(' ')) expect(text).toContain(word);
  });

  it.each([
    { argv: [], want: /no command given/ },
    { argv: ['make'], want: /unknown command "make"/ },
    { argv: ['build', 'nginx'], want: /unknown image "nginx" \(known: coordinator, api-server, node, busybox\)/ },
    { argv: ['bundle', 'cli', 'x'], want: /unknown app "cli"/ },
    { argv: ['bundle', 'coordinator'], want: /needs the name of the file/ },
    { argv: ['build', '--fast'], want: /--fast/ },
  ])('refuses $argv', async ({ argv, want }) => {
    await expect(runCli(argv)).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(want) });
  });
});

it('has these exports', () => {
  expect(Object.keys(door).sort()).toEqual([
    'APP_USER',
    'ImageError',
    'appImages',
    'buildAppImage',
    'buildBusyboxImage',
    'buildCorednsImage',
    'buildImages',
    'buildNodeImage',
    'buildPauseImage',
    'buildRegistryImage',
    'bundleApp',
    'testImages',
  ]);
});
