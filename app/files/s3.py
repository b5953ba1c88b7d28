"""Files in storage that speaks S3: AWS, MinIO, Ceph, R2, Garage ...

Credentials and region come by boto3's own ways: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, profiles, or the role of
the machine. boto3 is imported when it is first used, as that takes a quarter of a second.
"""

from __future__ import annotations

import io
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

from app.core.problems import Unavailable
from app.core.types import is_id

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2
READ_SECONDS = 10  # without a byte
ATTEMPTS = 3
BUFFER = 64 * 1024
DELETED_AT_ONCE = 1000  # the most that S3 takes
_GONE = {"NoSuchKey", "404"}


class S3:
    """A bucket, or what lies below a prefix in it. See Storage."""

    def __init__(self, url: str, connections: int) -> None:
        parts = urlsplit(url)
        prefix = parts.path.strip("/")
        self.bucket = parts.netloc
        self.prefix = f"{prefix}/" if prefix else ""
        self.endpoint_url = parse_qs(parts.query).get("endpoint_url", [None])[0]
        self.connections = connections
        self._lock = threading.Lock()
        self._made: tuple[int, Any] | None = None

    @property
    def client(self) -> Any:
        """boto3's client, which threads may share and processes may not."""
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = os.getpid(), self._connect()
            return self._made[1]

    def put(self, key: str, path: Path) -> None:
        """See Storage."""
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415  # see above

        with _problems():
            self.client.upload_file(str(path), self.bucket, self.prefix + key, Config=TransferConfig(use_threads=False))
        path.unlink(missing_ok=True)

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See Storage."""
        if not is_id(key):
            raise FileNotFoundError(key)
        part = {"Range": f"bytes={start}-{start + length - 1 if length else ''}"} if start or length else {}
        with _problems():
            body = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key, **part)["Body"]
        return io.BufferedReader(_Body(body), BUFFER)

    def accel_path(self, key: str) -> None:
        """See Storage."""

    def delete(self, keys: Iterable[str]) -> None:
        """See Storage."""
        left = iter(keys)
        while some := [{"Key": self.prefix + key} for key in islice(left, DELETED_AT_ONCE)]:
            with _problems():
                answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
            if answer.get("Errors"):
                raise _out_of_reach(answer["Errors"][0].get("Code"))

    def stale(self, before: datetime) -> Iterator[str]:
        """See Storage."""
        with _problems():
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self.prefix)
                    if is_id(key) and found["LastModified"] < before:
                        yield key

    def _connect(self) -> Any:
        import boto3  # noqa: PLC0415  # see above
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=self.connections,
            tcp_keepalive=True,
            request_checksum_calculation="when_required",  # what others than AWS may not know
            response_checksum_validation="when_required",
        )
        return boto3.session.Session().client("s3", endpoint_url=self.endpoint_url, config=config)


class _Body(io.RawIOBase):
    """The body of an answer as a file. botocore's own is closed when it ends, which io's readers do not expect."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes. Raises Unavailable."""
        with _problems():
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """End the answer."""
        self._body.close()
        super().close()


@contextmanager
def _problems() -> Iterator[None]:
    """Let the errors of boto3 be those of a Storage."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415  # see above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in _GONE:
            raise FileNotFoundError(code) from error
        raise _out_of_reach(code) from error
    except (Boto3Error, BotoCoreError) as error:
        raise _out_of_reach(type(error).__name__) from error


def _out_of_reach(reason: object) -> Unavailable:
    log.warning("storage unavailable: %s", reason)
    return Unavailable("The stored files are out of reach. Try again shortly.")
