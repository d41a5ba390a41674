# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon under test is stopped at the entry of one of its functions, to be killed
there, or to have the world changed round it."""

import ctypes
import os
import platform
import signal
import struct
import subprocess

from daemon import CATSD, Skip

PTRACE_CONT, PTRACE_GETREGS, PTRACE_SETREGS = 7, 12, 13
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
TRAP = b"\xcc"
REGISTERS, RIP = 27, 16

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, addr=None, data=None):
    if libc.ptrace(request, pid, addr, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Breakpoint:
    """In the only thread of @daemon, at @function; set from now on."""

    def __init__(self, daemon, function):
        if platform.machine() != "x86_64":
            raise Skip("breakpoints are for x86_64")
        self.pid = daemon.process.pid
        ptrace(PTRACE_ATTACH, self.pid)
        os.waitpid(self.pid, 0)
        self.at = self.base() + self.offset(function)
        self.memory = os.open(f"/proc/{self.pid}/mem", os.O_RDWR)
        self.was = os.pread(self.memory, 1, self.at)
        os.pwrite(self.memory, TRAP, self.at)
        ptrace(PTRACE_CONT, self.pid)

    def base(self):
        with open(f"/proc/{self.pid}/maps") as maps:
            for line in maps:
                if line.rstrip().endswith(CATSD):
                    return int(line.split("-")[0], 16)
        raise AssertionError("catsd is not mapped")

    @staticmethod
    def offset(function):
        symbols = subprocess.run(("nm", CATSD), check=True, capture_output=True,
                                 text=True).stdout
        for line in symbols.splitlines():
            if line.split()[-1] == function:
                return int(line.split()[0], 16)
        raise AssertionError(f"there is no {function}")

    def wait(self):
        """Until it is there."""
        while True:
            _, status = os.waitpid(self.pid, 0)
            if not os.WIFSTOPPED(status):
                raise AssertionError(f"it ended: {status}")
            if os.WSTOPSIG(status) == signal.SIGTRAP:
                return
            ptrace(PTRACE_CONT, self.pid, None, os.WSTOPSIG(status))

    def go_on(self):
        """It does, without the breakpoint."""
        registers = ctypes.create_string_buffer(8 * REGISTERS)
        ptrace(PTRACE_GETREGS, self.pid, None, ctypes.addressof(registers))
        struct.pack_into("Q", registers, 8 * RIP, self.at)
        ptrace(PTRACE_SETREGS, self.pid, None, ctypes.addressof(registers))
        os.pwrite(self.memory, self.was, self.at)
        os.close(self.memory)
        ptrace(PTRACE_DETACH, self.pid)

    def kill(self):
        os.close(self.memory)
        os.kill(self.pid, signal.SIGKILL)
