"""Made-up migrations after the last real one, for tests of how migrations run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from alembic.script import ScriptDirectory

from app.config import ROOT
from app.core.migrations import MIGRATIONS
from tests import databases

HEAD = ScriptDirectory(MIGRATIONS).get_current_head()
NEXT = "9999"
TEMPLATE = '''
"""made up"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{next}", "{head}", None, None


def upgrade():
{upgrade}


def downgrade():
    pass
'''


def folder_with(tmp_path, upgrade):
    """A folder of all migrations and one more, which does this."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    body = textwrap.indent(textwrap.dedent(upgrade).strip(), "    ")
    (folder / "versions" / "made_up.py").write_text(TEMPLATE.format(next=NEXT, head=HEAD, upgrade=body))
    return str(folder)


def folder_with_examples(tmp_path):
    """A folder of all migrations, one that adds what the examples of docs/migrations.md build on, and those."""
    folder = folder_with(tmp_path, 'op.add_column("todos", sa.Column("color", sa.Text()))')
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "migrations.md").read_text(), re.DOTALL)
    head = (ROOT / "migrations" / "script.py.mako").read_text().partition("${imports")[0].replace("${message}", "An example")
    for number, example in enumerate(examples, int(NEXT)):
        revisions = f'revision, down_revision = "{number + 1}", "{number}"\n'
        column_type = 'ID = sa.CHAR(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")\n\n\n'
        (Path(folder) / "versions" / f"example_{number}.py").write_text(head + revisions + column_type + example)
    return folder


def start(app, *arguments, folder=MIGRATIONS):
    """`flask db ...` as a process, on the database of the app."""
    settings = {name: str(app.config[name]) for name in ("DATABASE_URL", "INSTANCE_PATH", "SECRET_KEY", "JWT_SECRET_KEY")}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", *arguments, "--directory", folder]
    return subprocess.Popen(
        command, cwd=ROOT, env=databases.environment(settings), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
