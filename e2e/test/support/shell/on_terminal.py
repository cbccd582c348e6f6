"""Runs a program on a terminal of its own (24 rows, 80 columns) and connects that with stdin and stdout.

Lines of stdin are orders: `type TEXT`, `size ROWS COLUMNS`, `signal NAME`, `hangup`. TEXT has Python's escapes.
The last line of stdout says how the program ended and which modes the terminal was left in.
"""
import fcntl, os, pty, select, signal, struct, sys, termios

def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

master, slave = pty.openpty()
resize(slave, 24, 80)
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.execvp(sys.argv[1], sys.argv[1:])

orders = b""
sources = [master, 0]
status = None
while True:
    ready, _, _ = select.select(sources, [], [], 0.05)
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        if data:
            os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            sources.remove(0)
        orders += data
        while b"\n" in orders:
            line, orders = orders.split(b"\n", 1)
            order, _, rest = line.decode().partition(" ")
            if order == "type":
                os.write(master, rest.encode().decode("unicode_escape").encode("latin1"))
            elif order == "size":
                rows, columns = rest.split()
                resize(master, int(rows), int(columns))
            elif order == "signal":
                os.kill(child, getattr(signal, rest))
            elif order == "hangup":
                os.close(slave)
                os.close(master)
                os.waitpid(child, 0)
                os.write(1, b"\npty: hung up\n")
                sys.exit(0)
    if status is None:
        pid, status_now = os.waitpid(child, os.WNOHANG)
        if pid:
            status = status_now
    elif master not in ready:
        break
after = termios.tcgetattr(slave)
how = os.waitstatus_to_exitcode(status)
os.write(1, ("\npty: exit %d, modes %s\n" % (how, "as before" if after == before else "changed")).encode())
