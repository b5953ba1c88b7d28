"""What the contract tests share."""

from __future__ import annotations

import pytest

from tests.contract.world import World


@pytest.fixture
def world(app):
    """A list that several people share, and everyone who may knock at its door."""
    return World(app)
