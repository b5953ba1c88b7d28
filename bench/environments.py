"""The rivals' virtual environments: one each, in the folder bench of the instance, from its locked requirements."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from app.config import ROOT

HOME = Path(os.environ.get("INSTANCE_PATH") or ROOT / "instance").absolute() / "bench"
RIVALS = ROOT / "bench" / "rivals"


def environment_of(name, say=print):
    """The folder with the programs of a rival's environment, which is made where there is none of its present lock."""
    return environment(HOME / name, RIVALS / name / "requirements.txt", say)


def environment(folder, lock, say=print):
    """The same of an environment in `folder`, from the requirements `lock`."""
    state = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    marker = folder / "made-from"
    if not marker.exists() or marker.read_text() != state:
        say(f"Installing {folder.name} ...")
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", folder)
        _run(folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)
        marker.write_text(state)  # the last step: what was interrupted is made again
    return folder / "bin"


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
