"""The README's walk with curl prints what it says."""

import re
import shutil
import subprocess

import pytest

from app.config import ROOT

URL = "http://localhost:8000"
BETWEEN = "-- the next block --"


def blocks(title):
    """The blocks of a section: each what to paste, and what it prints."""
    section = (ROOT / "README.md").read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n([^`]*?)```\n\n```text\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def walk():
    return blocks("A walk with curl")


def lines(text):
    """The lines without the progress of jobs, which comes as often as it takes."""
    return [line.strip() for line in text.splitlines() if line.strip() and not re.fullmatch(r"\d+ %", line)]


def is_as_shown(line, shown):
    return re.fullmatch(re.escape(shown).replace("…", ".*"), line) is not None


def test_what_is_left_out_of_a_line_may_be_anything_and_nothing_else():
    assert is_as_shown('{"id":"018f","done":false}', '{"id":"…","done":false}')
    assert not is_as_shown('{"id":"018f","done":true}', '{"id":"…","done":false}')


@pytest.mark.parametrize("title", ["A walk with curl", "Work in the background"])
def test_the_walk_prints_what_it_says(make_live_server, tmp_path, walk, title):
    assert shutil.which("curl"), "this needs curl"
    server = make_live_server(RATE_LIMITS="on")
    walk = walk if title == "A walk with curl" else [walk[0], *blocks(title)]
    script = f"\necho '{BETWEEN}'\n".join(commands for commands, _ in walk)
    assert script.count(URL) == 1, "the address of the service stands in one place"

    done = subprocess.run(
        ["bash"], input=script.replace(URL, server.url), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

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
