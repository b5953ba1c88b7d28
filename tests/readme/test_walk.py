"""The README's walk with curl prints what it says."""

import re
import shutil
import subprocess

import pytest

from app.config import ROOT

URL = "http://localhost:8000"
BETWEEN = "-- the next block --"


@pytest.fixture(scope="module")
def walk():
    """The blocks of the walk: each what to paste, and what it prints."""
    section = (ROOT / "README.md").read_text().partition("\n## A walk with curl\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```\n\n```text\n(.*?)```", section, re.DOTALL)


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def is_as_shown(line, shown):
    return re.fullmatch(re.escape(shown).replace("…", ".*"), line) is not None


def test_what_is_left_out_of_a_line_may_be_anything_and_nothing_else():
    assert is_as_shown('{"id":"018f","done":false}', '{"id":"…","done":false}')
    assert not is_as_shown('{"id":"018f","done":true}', '{"id":"…","done":false}')


def test_the_walk_prints_what_it_says(make_live_server, walk):
    assert shutil.which("curl"), "this needs curl"
    server = make_live_server(RATE_LIMITS="on")
    script = f"\necho '{BETWEEN}'\n".join(commands for commands, _ in walk)
    assert script.count(URL) == 1, "the address of the service stands in one place"

    done = subprocess.run(["bash"], input=script.replace(URL, server.url), capture_output=True, text=True, timeout=60, check=False)

    assert done.stderr == ""
    printed = done.stdout.split(BETWEEN)
    for (commands, shown), block in zip(walk, printed, strict=True):
        told = f"{commands}\nprinted\n{block}\nand not\n{shown}"
        assert len(lines(block)) == len(lines(shown)), told
        assert all(map(is_as_shown, lines(block), lines(shown))), told


def test_the_walk_goes_everywhere(walk):
    shown = [line for _, shown in walk for line in lines(shown)]

    assert {line for line in shown if line.isdigit()} == {"200", "201", "204", "404", "412", "422"}
    assert len(walk) == 5
