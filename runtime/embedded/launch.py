"""Becomes a server program: `python -I -S launch.py PARENT SIGNAL USER PID_FILE PROGRAM ARGUMENT…`.

Run as a program, never imported. Between fork and exec Python code is unsafe in a process that has threads (grpc), so these steps
have a process of their own, which then turns into the server with the same pid:

1. the pid file, before anything can be left over;
2. the unprivileged USER (`-`: stay who we are);
3. the SIGNAL that the kernel sends when the parent dies (it is cleared by step 2, hence after it), and, in case the parent died
   before that, the end;
4. the server.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)


def _main() -> None:
    parent, number, user, pid_file, *program = sys.argv[1:]
    if pid_file != "-":
        started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]  # proc(5): field 22, survives exec
        Path(pid_file).write_text(f"{os.getpid()} {started}\n")
    if user != "-":
        who = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(who.pw_gid)
        os.setuid(who.pw_uid)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent is gone")
    os.execv(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    _main()
