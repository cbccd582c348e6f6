import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFrom, copyTo, ExecStream } from '../src/index.ts';
import { type PeerSession, runLocally, startExecPeer } from '../src/testing/index.ts';
import { errorOf, shells, target, temporaryDirectory } from './support.ts';

/** Every kind of thing that a copy has to keep. */
async function makeTree(at: string): Promise<void> {
  const deep = join(at, 'd'.repeat(90), 'e'.repeat(90));
  await mkdir(deep, { recursive: true });
  await writeFile(join(deep, `${'f'.repeat(120)} grüße`), 'deep');
  await writeFile(join(at, 'empty'), '');
  await writeFile(join(at, 'big'), randomBytes(3_000_001));
  await writeFile(join(at, '-rf'), 'starts with a dash');
  await writeFile(join(at, 'new\nline'), 'x');
  await writeFile(join(at, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
  await chmod(join(at, 'tool'), 0o755);
  await symlink('big', join(at, 'link'));
  await symlink(`${'d'.repeat(90)}/${'e'.repeat(90)}`, join(at, 'long-link'));
  await mkdir(join(at, 'empty-directory'));
  await utimes(join(at, 'big'), 1_000_000, 1_000_000);
}

/** All of a tree as text: paths, kinds, modes of files, contents. */
async function look(at: string): Promise<string[]> {
  const names = await readdir(at, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(at, name);
      const stats = await lstat(path);
      if (stats.isSymbolicLink()) return `${name} -> ${await readlink(path)}`;
      if (stats.isDirectory()) return `${name}/`;
      const hash = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      return `${name} ${(stats.mode & 0o700).toString(8)} ${hash}`;
    }),
  );
}

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))('a copy in %s', (_, shell) => {
  it.each(protocols)('brings a directory there and back over %s', async (protocol) => {
    await using dir = await temporaryDirectory();
    const [local, remote, back] = ['local', 'remote/below', 'back'].map((name) => join(dir.path, name)) as [
      string,
      string,
      string,
    ];
    await makeTree(local);
    await using peer = await startExecPeer({ session: runLocally({ shell }), protocols: [protocol] });
    const stream = new ExecStream(peer.client);
    const there = await copyTo(stream, { from: local, to: { ...target, path: remote } });
    expect(await look(remote)).toEqual(await look(local));
    expect(there).toMatchObject({ files: 6, bytes: 3_000_001 + 4 + 18 + 1 + 10 });
    const here = await copyFrom(stream, { from: { ...target, path: remote }, to: back });
    expect(await look(back)).toEqual(await look(local));
    expect((await stat(join(back, 'big'))).mtimeMs).toBe(1_000_000_000);
    expect(here).toMatchObject({ files: there.files, bytes: there.bytes });
    expect(await readdir(dir.path)).toEqual(['back', 'local', 'remote']);
  });

  it('brings one file there and back, in the place of another one', async () => {
    await using dir = await temporaryDirectory();
    const [local, remote, back] = ['local', 'a/b/remote', 'back'].map((name) => join(dir.path, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(local, randomBytes(100_000));
    await writeFile(back, 'old');
    await using peer = await startExecPeer({ session: runLocally({ shell }) });
    const stream = new ExecStream(peer.client);
    for (let turn = 0; turn < 2; turn++) await copyTo(stream, { from: local, to: { ...target, path: remote } });
    await copyFrom(stream, { from: { ...target, path: remote }, to: back });
    expect((await readFile(back)).equals(await readFile(local))).toBe(true);
    expect(await readdir(join(dir.path, 'a/b'))).toEqual(['remote']);
  });
});

const spoilt = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replace('aaaa', 'aaba'), 'latin1');

describe('a copy that cannot be whole', () => {
  it('says which programs the image lacks', async () => {
    await using dir = await temporaryDirectory();
    const bin = join(dir.path, 'bin');
    await mkdir(bin);
    for (const tool of ['sh', 'tee', 'env'])
      await symlink(execFileSync('which', [tool]).toString().trim(), join(bin, tool));
    await writeFile(join(dir.path, 'file'), 'x');
    await using peer = await startExecPeer({ session: runLocally({ env: { PATH: bin } }) });
    const stream = new ExecStream(peer.client);
    const remote = { ...target, path: join(dir.path, 'remote') };
    const to = await errorOf(copyTo(stream, { from: join(dir.path, 'file'), to: remote }));
    expect(to).toMatchObject({ code: 'EXEC_COPY_TOOLS', started: 'no' });
    expect(to.message).toContain('tar head sha256sum wc tr');
    const from = await errorOf(copyFrom(stream, { from: remote, to: join(dir.path, 'back') }));
    expect(from.message).toContain('tar sha256sum wc tr');
    expect(await readdir(dir.path)).toEqual(['bin', 'file']);
  });

  it('says in the words of the container what is wrong there', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'file'), 'x');
    await using peer = await startExecPeer({ session: runLocally() });
    const stream = new ExecStream(peer.client);
    const absent = { ...target, path: join(dir.path, 'absent') };
    expect((await errorOf(copyFrom(stream, { from: absent, to: join(dir.path, 'back') }))).message).toContain(
      'no such file',
    );
    const below = { ...target, path: join(dir.path, 'file/below') };
    const error = await errorOf(copyTo(stream, { from: join(dir.path, 'file'), to: below }));
    expect(error).toMatchObject({ code: 'EXEC_COPY_FAILED' });
    expect(error.message).toMatch(/not a directory|File exists/i);
    const directory = { ...target, path: dir.path };
    expect((await errorOf(copyTo(stream, { from: join(dir.path, 'file'), to: directory }))).message).toContain(
      'is a directory',
    );
  });

  it('leaves nothing in the place of a file when the connection is cut, at whatever byte', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'source'), randomBytes(200_000));
    for (const afterBytes of [0, 700, 50_000, 199_999, 201_000]) {
      const cutting = runLocally();
      await using cut = await startExecPeer({
        session: (session: PeerSession) => {
          let seen = 0;
          session.on('stdin', (bytes) => {
            seen += bytes.length;
            if (seen > afterBytes) session.reset();
          });
          cutting(session);
        },
      });
      const remote = { ...target, path: join(dir.path, 'remote') };
      const error = await errorOf(copyTo(new ExecStream(cut.client), { from: join(dir.path, 'source'), to: remote }));
      expect(error).toMatchObject({ code: 'EXEC_CONNECTION_LOST' });
    }
    for (const afterBytes of [0, 1_000, 150_000, 204_000]) {
      await using cut = await startExecPeer({
        session: (session: PeerSession) => {
          let left = afterBytes;
          const send = session.stdout.bind(session);
          session.stdout = (payload) => {
            const bytes = Buffer.from(payload).subarray(0, left);
            left -= bytes.length;
            return send(bytes);
          };
          runLocally()(session);
        },
      });
      const source = { ...target, path: join(dir.path, 'source') };
      const error = await errorOf(copyFrom(new ExecStream(cut.client), { from: source, to: join(dir.path, 'back') }));
      expect(error.code).toMatch(/^EXEC_(EXIT_UNKNOWN|CONNECTION_LOST)$/);
    }
    // What the container still does, it does within a moment.
    for (let tries = 0; tries < 50 && (await readdir(dir.path)).length > 1; tries++)
      await new Promise((r) => setTimeout(r, 20));
    expect(await readdir(dir.path)).toEqual(['source']);
  });

  it('does not take changed bytes for the right ones', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'source'), Buffer.alloc(100_000, 'a'));
    await using peer = await startExecPeer({
      session: (session) => {
        const send = session.stdout.bind(session);
        session.stdout = (payload) => send(spoilt(Buffer.from(payload)));
        const on = session.on.bind(session);
        // Who listens to stdin hears something else than what came.
        session.on = ((name: string, listener: (bytes: Buffer) => void) =>
          on(name as 'stdin', name === 'stdin' ? (bytes) => listener(spoilt(bytes)) : listener)) as typeof session.on;
        runLocally()(session);
      },
    });
    const stream = new ExecStream(peer.client);
    const [source, remote] = ['source', 'remote'].map((name) => ({ ...target, path: join(dir.path, name) })) as [
      typeof target & { path: string },
      typeof target & { path: string },
    ];
    expect(await errorOf(copyFrom(stream, { from: source, to: join(dir.path, 'back') }))).toMatchObject({
      code: 'EXEC_COPY_CORRUPT',
    });
    expect(await errorOf(copyTo(stream, { from: source.path, to: remote }))).toMatchObject({
      code: 'EXEC_COPY_CORRUPT',
    });
    expect(await readdir(dir.path)).toEqual(['source']);
  });

  it('does not take another length for the right one, though the sum be right', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'source'), 'abc');
    await using peer = await startExecPeer({
      session: (session) => {
        const send = session.stderr.bind(session);
        session.stderr = (payload) =>
          send(
            Buffer.from(payload)
              .toString()
              .replace(/bytes=\d/, 'bytes=9'),
          );
        runLocally()(session);
      },
    });
    const stream = new ExecStream(peer.client);
    const source = { ...target, path: join(dir.path, 'source') };
    const from = await errorOf(copyFrom(stream, { from: source, to: join(dir.path, 'back') }));
    const to = await errorOf(copyTo(stream, { from: source.path, to: { ...target, path: join(dir.path, 'remote') } }));
    for (const error of [from, to]) {
      expect(error).toMatchObject({ code: 'EXEC_COPY_CORRUPT' });
      expect(error.message).toMatch(/9\d+ bytes there, \d+ here/);
    }
    expect(await readdir(dir.path)).toEqual(['source']);
  });

  it('notices a file that grows under it, and leaves nothing', async () => {
    await using dir = await temporaryDirectory();
    const source = join(dir.path, 'source');
    await writeFile(source, Buffer.alloc(5_000_000));
    await using peer = await startExecPeer({
      session: (session) => {
        session.once('stdin', () => appendFileSync(source, 'more'));
        runLocally()(session);
      },
    });
    const copying = copyTo(new ExecStream(peer.client), {
      from: source,
      to: { ...target, path: join(dir.path, 'remote') },
    });
    const error = await errorOf(copying);
    expect(error.message).toContain('source changed while it was read');
    expect(await readdir(dir.path)).toEqual(['source']);
  });

  it('ends on abort, on both ends, and leaves nothing', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'source'), Buffer.alloc(20_000_000));
    await using peer = await startExecPeer({
      session: (session) => {
        session.once('stdin', () => setTimeout(() => controller.abort(), 20));
        runLocally()(session);
      },
    });
    const controller = new AbortController();
    const copying = copyTo(
      new ExecStream(peer.client),
      { from: join(dir.path, 'source'), to: { ...target, path: join(dir.path, 'remote') } },
      { signal: controller.signal },
    );
    expect(await errorOf(copying)).toMatchObject({ code: 'EXEC_ABORTED', survivors: 0 });
    expect(await readdir(dir.path)).toEqual(['source']);
  });
});

describe('a container that is not to be trusted', () => {
  /** Sends an archive that a hostile tar made, with a sum that is right. */
  const hostile = (archive: Buffer) => (session: PeerSession) => {
    const mark = `\x1eDANUBE:${session.request.argv[3] ?? ''}:e0\n`;
    for (let at = 0; at < archive.length; at += 30_000) session.stdout(archive.subarray(at, at + 30_000));
    session.stdout(mark);
    const sum = createHash('sha256').update(archive).digest('hex');
    session.stderr(`danube:done code=0 ${sum} - bytes=${archive.length}\n${mark}`);
    session.exit(0);
  };

  const tar = (script: string): Buffer =>
    execFileSync(
      'python3',
      [
        '-c',
        `
import io, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
def add(name, type=tarfile.REGTYPE, target="", data=b"x", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = type, target, mode
    info.size = len(data) if type == tarfile.REGTYPE else 0
    out.addfile(info, io.BytesIO(data))
add(".", tarfile.DIRTYPE, mode=0o755)
${script}
out.close()
`,
      ],
      { maxBuffer: 10_000_000 },
    );

  it.each([
    ['a path with ..', 'add("./../evil")'],
    ['.. in the middle', 'add("./a/../../evil")'],
    ['an absolute path', 'add("/tmp/evil")'],
    ['an absolute link', 'add("./link", tarfile.SYMTYPE, "/etc/passwd")'],
    ['a link that leads outside', 'add("./a/link", tarfile.SYMTYPE, "../../evil")'],
    ['a hard link to a file of ours', 'add("./link", tarfile.LNKTYPE, "../../../../../../etc/passwd")'],
    ['a hard link to a link', 'add("./a", tarfile.SYMTYPE, "b"); add("./l", tarfile.LNKTYPE, "./a")'],
    ['a device', 'add("./null", tarfile.CHRTYPE)'],
    ['a fifo', 'add("./fifo", tarfile.FIFOTYPE)'],
    ['more than is wanted', 'add("./big", data=b"x" * 2000000)'],
  ])('cannot do anything with %s', async (_, script) => {
    await using dir = await temporaryDirectory();
    await using peer = await startExecPeer({ session: hostile(tar(script)) });
    const copying = copyFrom(
      new ExecStream(peer.client),
      { from: { ...target, path: '/x' }, to: join(dir.path, 'back') },
      { maxBytes: 1_000_000 },
    );
    expect(await errorOf(copying)).toMatchObject({ code: 'EXEC_COPY_UNSAFE' });
    expect(await readdir(dir.path)).toEqual([]);
  });

  it('cannot write through a link of its own, nor twice to one path', async () => {
    await using dir = await temporaryDirectory();
    for (const script of [
      'add("./a", tarfile.SYMTYPE, "b"); add("./a/evil")',
      'add("./a"); add("./a", data=b"again")',
    ]) {
      await using peer = await startExecPeer({ session: hostile(tar(script)) });
      const copying = copyFrom(new ExecStream(peer.client), {
        from: { ...target, path: '/x' },
        to: join(dir.path, 'back'),
      });
      expect(String(await errorOf(copying))).toMatch(/EEXIST/);
      expect(await readdir(dir.path)).toEqual([]);
    }
  });

  it('may send hard links and set-user-id bits, of which only the file comes', async () => {
    await using dir = await temporaryDirectory();
    const script = 'add("./a", data=b"one", mode=0o4755); add("./b", tarfile.LNKTYPE, "./a")';
    await using peer = await startExecPeer({ session: hostile(tar(script)) });
    const back = join(dir.path, 'back');
    expect(await copyFrom(new ExecStream(peer.client), { from: { ...target, path: '/x' }, to: back })).toMatchObject({
      files: 2,
    });
    expect(await readFile(join(back, 'b'), 'utf8')).toBe('one');
    expect((await stat(join(back, 'a'))).mode & 0o7777).toBe(0o755);
  });
});
