"""What the contract tests share."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.conftest import service
from tests.contract.world import World


@pytest.fixture
def world(app):
    """A list that several people share, and everyone who may knock at its door."""
    return World(app)


@pytest.fixture(scope="module")
def make_module_app(settings):
    """As `make_app`, for all tests of a module."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(service(**settings | changes))
