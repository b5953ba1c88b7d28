"""What the README says about settings, packages, commands and folders is so."""

import re
import tomllib

import pytest
from click import Context

from app.config import ROOT, SETTINGS, ConfigurationError, load
from tests.conftest import DEFAULTS

README = (ROOT / "README.md").read_text()
PIPFILE = tomllib.loads((ROOT / "Pipfile").read_text())


def section(title):
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_table_of_settings_is_that_of_the_code():
    rows = [f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.help} |" for each in SETTINGS]

    shown = [line for line in section("From zero to production").splitlines() if line.startswith("| `")]

    assert shown == rows, "the table has to be:\n" + "\n".join(rows)


def test_every_package_is_listed_with_its_reason():
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", section("Dependencies"), re.MULTILINE)

    assert [name for name, reason in rows if name != "package"] == [*PIPFILE["packages"], *PIPFILE["extras"], *PIPFILE["dev-packages"]]
    assert all(reason.strip() for _, reason in rows)


@pytest.mark.parametrize("words", sorted(set(re.findall(r"pipenv run ([a-z -]+)", README))), ids=str.strip)
def test_every_command_exists(app, words):
    script, *rest = words.split()
    if script != "flask":
        assert script in PIPFILE["scripts"]
        return
    command = app.cli
    while rest and hasattr(command, "commands"):
        name = rest.pop(0)
        command = command.get_command(Context(command), name)
        assert command, f"there is no flask {words}"


def test_every_place_exists():
    places = [line.split()[0] for line in section("Where things are").splitlines() if re.match(r"\S+/\s|\S+\.py\s", line)]
    links = re.findall(r"\]\(([^)]+)\)", README)

    assert len(places) == 14
    assert [place for place in places + links if not (ROOT / place).exists()] == []


def test_production_refuses_to_start_without_secrets(tmp_path):
    nothing = {"SECRET_KEY": "", "JWT_SECRET_KEY": "", "INSTANCE_PATH": str(tmp_path)}

    with pytest.raises(ConfigurationError) as refused:
        load(DEFAULTS | nothing | {"DATABASE_URL": "postgresql://tickbox@localhost/tickbox"})

    assert f"```text\n{refused.value}\n```" in section("From zero to production")


def test_it_names_no_place_of_one_machine():
    assert not re.search(r"/(work|tmp|home|root|usr)/|pypi", README)
