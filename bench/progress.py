"""What the bench says while it works: on standard error, so that standard output holds its tables alone."""

from __future__ import annotations

import sys
import time


def say(text):
    print(text, file=sys.stderr, flush=True)


def clock(seconds):
    """Seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Progress:
    """Steps of known lengths, and the time that those still to come will take, at the pace of those done."""

    def __init__(self, seconds):
        self.planned, self.done, self.begun = seconds, 0.0, time.monotonic()

    def tell(self, what):
        pace = (time.monotonic() - self.begun) / self.done if self.done else 1
        left = clock((self.planned - self.done) * pace)
        if sys.stderr.isatty():
            print(f"\r\x1b[K{what}; {left} left", end="", file=sys.stderr, flush=True)
        else:
            say(f"{what}; {left} left")

    def step(self, seconds):
        """So many of the planned seconds are over."""
        self.done += seconds

    def end(self):
        if sys.stderr.isatty():
            say("")
