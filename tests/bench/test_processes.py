"""The account of CPU time."""

import os
import subprocess
import sys

import pytest

from bench.processes import cpu_of, family_cpu, parent_of, title_of

BURN = "import time\nwhile time.process_time() < 0.2: pass\nprint('done', flush=True)\ninput()"


@pytest.fixture
def family():
    """A shell whose child has used 0.2 s of CPU and waits."""
    with subprocess.Popen(["sh", "-c", f'"{sys.executable}" -c "{BURN}"; exit'], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout.readline() == b"done\n"
        yield shell
        shell.stdin.close()


def test_a_service_is_charged_for_its_children(family):
    assert cpu_of(family.pid) < 0.1
    assert 0.2 <= family_cpu(family.pid) < 2


def test_and_for_those_that_have_ended():
    before = family_cpu(os.getpid())

    subprocess.run([sys.executable, "-c", BURN], input=b"\n", check=True, capture_output=True)

    assert family_cpu(os.getpid()) - before > 0.17  # of the ended ones it is told in hundredths, user and system each


def test_a_process_is_known_by_its_parent_and_its_command_line(family):
    assert parent_of(family.pid) == os.getpid()
    assert title_of(family.pid).startswith("sh -c")


def test_a_process_that_has_ended_has_no_account(family):
    family.stdin.close()
    family.wait()

    assert title_of(family.pid) == ""
    with pytest.raises(ProcessLookupError):
        cpu_of(family.pid)
