"""What Celery is pointed at in tests: the service's own worker, with a few kinds of jobs that do what tests look at.

`celery -A tests.jobs.worker worker --beat`
"""

import os
import signal
import time
from datetime import timedelta

from sqlalchemy import insert

from app.core.database import execute, transaction
from app.core.types import new_id, now
from app.files.models import StoredFile
from app.jobs import relay, work
from app.jobs.kinds import kind
from app.worker import celery

if "TEST_DEAD_AFTER" in os.environ:
    relay.DEAD_AFTER = timedelta(seconds=float(os.environ["TEST_DEAD_AFTER"]))
    work.HEARTBEAT_SECONDS = relay.DEAD_AFTER.total_seconds() / 6
    celery.conf.beat_schedule["jobs.relay"]["schedule"] = relay.DEAD_AFTER.total_seconds() / 6


@kind("probe")
def probe(attempt, args):
    """Leaves one row behind for each time that it was done."""
    for step in range(10):
        attempt.step(step, total=10)
        time.sleep(args["seconds"] / 10)
    with transaction():
        execute(insert(StoredFile).values(id=new_id(), name=attempt.job_id, content_type="x", size=0, sha256="", created_at=now()))
        attempt.finish({"done": True})


@kind("deadly")
def deadly(attempt, args):
    """Kills its worker."""
    os.kill(os.getpid(), signal.SIGKILL)
