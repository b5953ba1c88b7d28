"""Which rule of the map of URLs an address meets, remembered by its form: looking it up anew takes 40 µs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Request
from werkzeug.routing import MapAdapter, Rule

_ID = re.compile(r"(?<=/)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=/|\Z)")

Routes = dict[tuple[str, str, int], tuple[Rule, list[str]]]
"""By method, path with `*` for each id, and number of ids: the rule, and the names of its arguments."""


class Adapter(MapAdapter):
    """Werkzeug's, bound to the request only when something is asked of it that takes more than the path.

    Remembered are paths all of whose arguments are ids: of those there are no more than there are rules and methods.
    """

    def __init__(self, request: Request, bind: Callable[[Request], MapAdapter | None], routes: Routes) -> None:
        self._request = request
        self._bind = bind
        self._routes = routes

    def __getattr__(self, name: str) -> Any:
        """What werkzeug's adapter has, once it is bound."""
        if "map" in self.__dict__:
            raise AttributeError(name)
        self.__dict__.update(vars(self._bind(self._request)))
        return getattr(self, name)

    def match(self, *args: Any, **kwargs: Any) -> Any:
        """The rule that the request's address meets, and its arguments. Raises what werkzeug's does."""
        path = self._request.path
        if args or kwargs != {"return_rule": True} or "HTTP_UPGRADE" in self._request.environ:
            return super().match(*args, **kwargs)
        ids = _ID.findall(path)
        form = (self._request.method, _ID.sub("*", path) if ids else path, len(ids))
        known = self._routes.get(form)
        if known is not None:
            rule, names = known
            return rule, dict(zip(names, ids, strict=True))
        rule, found = super().match(*args, **kwargs)
        if list(found.values()) == ids and path == self._request.environ.get("PATH_INFO"):
            self._routes[form] = rule, list(found)
        return rule, found
