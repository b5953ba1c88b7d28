"""What the frontend takes from others: lit-html, as it was published."""

from __future__ import annotations

import json

from app.system.frontend import FOLDER
from tests.clients import tools


def test_vendored_files_are_those_of_the_package_byte_by_byte_and_its_licence_lies_beside_them():
    package = tools.node_modules() / "lit-html"
    version = json.loads((package / "package.json").read_text())["version"]
    folder = FOLDER / "vendor" / f"lit-html-{version}"
    names = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}

    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert "LICENSE" in map(str, names)
    for name in names:
        assert (folder / name).read_bytes() == (package / name).read_bytes(), name
