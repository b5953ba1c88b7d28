"""The memory of processes, from the kernel's own account (Linux)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Memory:
    """Memory of a process in MiB."""

    pss: float
    """With its share of what it has in common with others."""
    uss: float
    """What it alone holds, and would give back if it ended."""


def memory_of(pid: int) -> Memory:
    """The memory that a process holds now. Raises OSError where it has ended."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kibibytes = {name: int(rest.split()[0]) for name, rest in (line.split(":", 1) for line in lines)}
    return Memory(kibibytes["Pss"] / 1024, (kibibytes["Private_Clean"] + kibibytes["Private_Dirty"]) / 1024)
