"""A clock that jumps: the one of the API, the worker and the scheduler (see tests.faults.shifted). PostgreSQL's own counts for nothing here."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.faults.servers import wait_for
from tests.faults.stack import Servers
from tests.faults.suite import fault
from tests.faults.trial import Trial

MANY = 10
SOON, WITHIN = 3, 30.0


def _shifted(servers: Servers) -> dict[str, str]:
    clock = servers.folder / "clock"
    clock.write_text("0")
    return {"FAULTS_CLOCK": str(clock)}


@fault(9, "clock forward one hour, and back by one and by two", variables=_shifted)
def the_clock_jumps(trial: Trial) -> None:
    old, gone, own = trial.client().log_in(), trial.client().log_in(), trial.client().log_in()
    _remind(trial, own, "at first", 0)
    gone.insist("POST", "/auth/logout")

    _shift(trial, 3600)
    _expect_refused(trial, old, "an expired token is accepted")
    _expect_refused(trial, gone, "the token of a session that has ended is accepted after the clock went forward")
    own.log_in_again()
    _remind(trial, own, "forward", 3600)
    later = trial.client().log_in()
    later.insist("POST", "/auth/logout")

    for shift in (0, -3600):
        _shift(trial, shift)
        _expect_refused(trial, gone, "the token of a session that has ended is accepted after the clock went back")
        _expect_refused(trial, later, "the token of a session that has ended is accepted after the clock went back")
        own.log_in_again()
        _remind(trial, own, f"back to {shift}", shift)
    _shift(trial, 0)
    time.sleep(6)  # for a scheduler that would remind again
    doubled = [word for word, times in _reminders(trial).items() if times > 1]
    trial.require(not doubled, f"{len(doubled)} reminders were sent twice: {doubled[:3]}")


def _shift(trial: Trial, seconds: int) -> None:
    (trial.servers.folder / "clock").write_text(str(seconds))


def _expect_refused(trial: Trial, client, otherwise: str) -> None:
    statuses = {client.send("GET", "/me").status_code for _ in range(8)}
    trial.require(200 not in statuses, otherwise)
    trial.expect(statuses == {401}, f"a token that counts no more is answered {statuses}")


def _remind(trial: Trial, client, when: str, shift: int) -> None:
    """Ask for reminders that are due soon by the shifted clock, and wait for their mails."""
    words = [f"{when} {secrets.token_hex(6)}" for _ in range(MANY)]
    due = datetime.now(UTC) + timedelta(seconds=shift + SOON)
    operations = [{"op": "create", "todo": {"task": word, "remind_at": due.isoformat()}} for word in words]
    made = client.insist("POST", "/todos/batch", json={"operations": operations})
    trial.expect(made.status_code == 200, f"no todos can be made {when}: {made.text}")
    began = time.monotonic()
    trial.expect(wait_for(lambda: set(words) <= set(_reminders(trial)), WITHIN), f"no reminders within {WITHIN:g} s with the clock {when}")
    trial.note(f"{when}: reminders after {time.monotonic() - began:.0f} s")


def _reminders(trial: Trial) -> Counter[str]:
    """The tasks that mails remind of, with how many do."""
    found: Counter[str] = Counter()
    for mail in (trial.stack.instance / "mail").glob("*.eml"):
        found.update(set(re.findall(r"(?:at first|forward|back to -?[0-9]+) [0-9a-f]{12}", mail.read_text())))
    return found
