"""The tools that generate, compile and lint clients, with node and with Python: each set is installed once from its lock.

They lie in the folder client-tools of the instance, or where CLIENT_TOOLS says. The workers of pytest-xdist share them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.config import ROOT
from bench.environments import environment
from tests.brokers import need

HERE = Path(__file__).parent
HOME = Path(os.environ.get("CLIENT_TOOLS") or ROOT / "instance" / "client-tools").absolute()
HOW_TO_GET_NODE = "This needs Node.js 20.19 or newer, with npm: apt-get install nodejs npm"
OF_NPM = ("package.json", "package-lock.json", ".npmrc", "tsconfig.json")  # @hey-api/openapi-ts looks for the last beside itself


def node_modules():
    """The folder node_modules with all that package-lock.json names; its programs are in .bin."""
    need(_node_version() >= (20, 19) and shutil.which("npm"), HOW_TO_GET_NODE)
    state = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in OF_NPM)).hexdigest()
    folder = HOME / "node"
    marker = folder / "made-from"
    with _alone():
        if not marker.exists() or marker.read_text() != state:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in OF_NPM:
                shutil.copy(HERE / name, folder)
            run("npm", "ci", cwd=folder)
            marker.write_text(state)  # the last step: what was interrupted is made again
    return folder / "node_modules"


def python_programs():
    """The folder with `python`, which has what a generated client imports, and `openapi-python-client`."""
    with _alone():
        return environment(HOME / "python", HERE / "python" / "requirements.txt", say=lambda _: None)


def run(*command, cwd, path=(), seconds=300, fine=(0,)):
    """What a command prints, errors included. Fails the test when it ends with none of `fine`. `path` are folders to look for programs in first."""
    search = os.pathsep.join([*map(str, path), os.environ["PATH"]])
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=os.environ | {"PATH": search},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode not in fine:
        pytest.fail(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


def _node_version():
    if not shutil.which("node"):
        return (0, 0)
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.match(r"v(\d+)\.(\d+)", told).groups()
    return int(major), int(minor)


@contextmanager
def _alone():
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
