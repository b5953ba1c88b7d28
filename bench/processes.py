"""The operating system's account of the CPU time of processes (Linux)."""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
_libc = ctypes.CDLL(None)


def cpu_of(pid):
    """CPU seconds of a process so far, user and system, of all its threads, ended ones too. Raises ProcessLookupError.

    The clock of the process (clock_getcpuclockid) tells nanoseconds, /proc/PID/stat hundredths of a second: too coarse where
    seventy processes share a run of a second.
    """
    clock = ctypes.c_int()
    if _libc.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(pid)
    try:
        return time.clock_gettime(clock.value)
    except OSError:
        raise ProcessLookupError(pid) from None


def waited_for(pid):
    """CPU seconds of the children that have ended and that the process has waited for, and of theirs."""
    return sum(map(int, _stat(pid)[13:15])) / TICK


def parent_of(pid):
    return int(_stat(pid)[1])


def children_of(pid):
    """The children of a process, of whichever thread."""
    return [int(child) for listed in Path(f"/proc/{pid}/task").glob("*/children") for child in listed.read_text().split()]


def title_of(pid):
    """The command line, or what the process has put in its place; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def family_cpu(pid):
    """CPU seconds of a process and all its descendants, of the ended ones as far as they were waited for."""
    total = cpu_of(pid) + waited_for(pid)
    for child in children_of(pid):
        with suppress(ProcessLookupError, FileNotFoundError):
            total += family_cpu(child)
    return total


def _stat(pid):
    """The fields of /proc/PID/stat after the name: state, parent and so on (proc(5) counts them from 3)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
