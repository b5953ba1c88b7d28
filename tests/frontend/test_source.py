"""How the frontend is written: biome, which checks and formats JavaScript and style sheets, finds nothing.

`biome check --write --config-path=tests/frontend frontend` formats it.
"""

from __future__ import annotations

from pathlib import Path

from app.system.frontend import FOLDER
from tests.clients import tools


def test_biome_finds_nothing_to_correct_or_to_format():
    biome = tools.node_modules() / ".bin" / "biome"
    tools.run(biome, "ci", "--colors=off", "--error-on-warnings", f"--config-path={Path(__file__).parent}", FOLDER, cwd=FOLDER.parent)
