import { program } from './program.ts';
import type { TarEntry } from './tar.ts';

const BUSYBOX = '/bin/busybox';

const users =
  'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\ndanube:x:65532:65532:danube:/:/bin/false\n';
const groups = 'root:x:0:\nnobody:x:65534:\ndanube:x:65532:\n';

/** A small Unix out of Debian's static busybox: every applet, users, `/tmp`. */
export const busyboxFiles = async (): Promise<TarEntry[]> => {
  const applets = (await program([BUSYBOX, '--list'], 'busybox-static')).trim().split('\n');
  const links = applets.filter((applet) => applet !== 'busybox').sort();
  return [
    ...['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'usr', 'var'].map((path): TarEntry => ({
      type: 'directory',
      path,
    })),
    { type: 'directory', path: 'tmp', mode: 0o1777 },
    { type: 'directory', path: 'usr/bin' },
    { type: 'file', path: 'etc/passwd', content: users },
    { type: 'file', path: 'etc/group', content: groups },
    { type: 'file', path: 'bin/busybox', content: { file: BUSYBOX }, mode: 0o755 },
    { type: 'symlink', path: 'usr/bin/env', target: '/bin/busybox' },
    ...links.map((applet): TarEntry => ({ type: 'symlink', path: `bin/${applet}`, target: 'busybox' })),
  ];
};
