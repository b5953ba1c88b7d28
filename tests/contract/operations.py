"""Every operation of the service, from its map of URLs: what is new there is in every test that goes over all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask

from app import routes
from app.core.api import Resource
from app.core.contract import Contract

_ID = re.compile(r"<(?:path:)?(\w+)>")
OF_FILES = {"name": "docs.css", "release": "0123456789ab", "file": "main.js"}
"""What stands for the arguments of views that serve files."""


@dataclass(frozen=True)
class Operation:
    """A method at an address, such as PATCH /api/v1/todos/<todo_id>. `contract` is None for a plain view."""

    method: str
    path: str
    contract: Contract | None

    def __str__(self) -> str:
        return f"{self.method} {self.path.removeprefix('/api/v1')}"

    @property
    def ids(self) -> list[str]:
        """The names of the ids in its address, parent first."""
        return _ID.findall(self.path)

    def at(self, ids: dict[str, str]) -> str:
        """Its address with these ids."""
        for name in self.ids:
            assert name in ids, f"{self} takes a {name}: add one of the owner's to World.ids"
        return _ID.sub(lambda match: ids[match[1]], self.path)


def _operations() -> list[Operation]:
    app = Flask("the map of URLs", static_folder=None)
    app.config["FRONTEND"] = True
    routes.init_app(app)
    found = []
    for rule in app.url_map.iter_rules():
        resource = getattr(app.view_functions[rule.endpoint], "view_class", None)
        contracts = resource.contracts if resource is not None and issubclass(resource, Resource) else {}
        found += [Operation(method, rule.rule, contracts.get(method)) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


OPERATIONS = _operations()
API = [operation for operation in OPERATIONS if operation.contract]
