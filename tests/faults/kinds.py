"""Kinds of jobs for faults that no real one can be timed for. The stack's workers know them by the instance's `config.py`.

A row of `stored_files` with the job's id as its name is the effect of one.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from sqlalchemy import insert

from app import schedule
from app.core.database import execute, transaction
from app.core.types import new_id, now
from app.files.models import StoredFile
from app.jobs import relay, tasks, work
from app.jobs.kinds import kind

if "FAULTS_DEAD_AFTER" in os.environ:  # seconds without a sign of life, 30 in the service
    seconds = float(os.environ["FAULTS_DEAD_AFTER"])
    relay.DEAD_AFTER = timedelta(seconds=seconds)
    work.HEARTBEAT_SECONDS = seconds / 6
    schedule.EVERY[tasks.relay] = seconds / 6


@kind("faults.slow")
def slow(attempt, args):
    """Takes some seconds, then has its effect."""
    for step in range(20):
        attempt.step(step, total=20)
        time.sleep(args["seconds"] / 20)
    _effect(attempt)


@kind("faults.deadly")
def deadly(attempt, args):
    """Kills its worker."""
    os.kill(os.getpid(), signal.SIGKILL)


@kind("faults.last_words")
def last_words(attempt, args):
    """Has its effect, and kills its worker before anybody is told; only at the first attempt."""
    _effect(attempt)
    os.kill(os.getpid(), signal.SIGKILL)


@kind("faults.effect_undone")
def effect_undone(attempt, args):
    """Is killed at the first attempt with its effect written, and not yet committed."""
    with transaction():
        _write(attempt)
        if attempt.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        attempt.finish({"done": True})


def _effect(attempt):
    with transaction():
        _write(attempt)
        attempt.finish({"done": True})


def _write(attempt):
    execute(insert(StoredFile).values(id=new_id(), name=attempt.job_id, content_type="x", size=0, sha256="", created_at=now()))
