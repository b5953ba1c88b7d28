"""A folder as broker: kombu's transport, made so that a reader never sees the half of a message."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Messages as files. Kombu's own channel writes them where they are read, and a reader that comes between ends the worker."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # as in kombu, whose classes differ
        """Give the message its name once it is whole. Raises ChannelError where it cannot be written."""
        file = Path(self.data_folder_out) / f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        unfinished = file.with_suffix(".new")
        try:
            unfinished.write_text(dumps(payload))
            unfinished.replace(file)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise ChannelError(f"The message {file.name} cannot be written: {error}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The next message. One that makes no sense is dropped, as what there is to do stands in the database. Raises Empty."""
        try:
            return super()._get(queue)
        except ValueError:
            raise Empty from None


class Transport(filesystem.Transport):
    """The transport of a worker, and of those who wake it, on one machine."""

    Channel = Channel
