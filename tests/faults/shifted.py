"""A wall clock that is ahead, or behind, by the seconds that stand in the file FAULTS_CLOCK, for whoever imports this in a process of the stack.

Of the modules that ask for the time (the service's own, those that sign and check tokens, Celery) `datetime.now` and `time.time` are replaced.
How long something takes is measured by another clock (monotonic), which no one can set: that one stays.
"""

from __future__ import annotations

import datetime as datetimes
import os
import secrets
import sys
import time as times
from pathlib import Path
from uuid import UUID

import celery.beat
import celery.schedules  # loaded, so that they are among the modules
import celery.worker.request  # noqa: F401
import uuid_utils

WHO_ASKS = ("app", "celery", "flask_jwt_extended", "jwt", "kombu", "limits")
_real, _time = datetimes.datetime, times.time
_file = Path(os.environ["FAULTS_CLOCK"])


def time():
    return _time() + float(_file.read_text() or 0)


class _Kind(type):
    def __instancecheck__(cls, value):
        return isinstance(value, _real)


class datetime(_real, metaclass=_Kind):  # noqa: N801  # stands for the one of that name
    def __new__(cls, *values, **more):
        return _real(*values, **more)

    @classmethod
    def now(cls, tz=None):
        return _real.fromtimestamp(time(), tz)


def _uuid7():
    """An id, as it holds the time too."""
    return UUID(int=int(time() * 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


times.time = time
uuid_utils.uuid7 = _uuid7
for module in [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in WHO_ASKS]:
    for name, value in list(vars(module).items()):
        if value is _real:
            setattr(module, name, datetime)
        elif value is _time:
            setattr(module, name, time)
