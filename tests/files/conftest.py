"""The two storages, the second on a server that speaks S3."""

import logging
import subprocess
import sys

import boto3
import pytest
import requests

from app.files.s3 import S3
from app.files.storage import Folder
from tests.live import wait_until
from tests.ports import free_port


@pytest.fixture(scope="session")
def s3_server():
    """The address of a server that speaks S3: moto's, as a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def is_up():
        """the S3 server is up"""
        try:
            return requests.get(f"{url}/moto-api/", timeout=1).ok
        except requests.ConnectionError:
            return False

    try:
        wait_until(is_up, 30)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def credentials(monkeypatch):
    """What boto3 finds in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    logging.getLogger("botocore").setLevel(logging.WARNING)


@pytest.fixture
def bucket(s3_server, credentials):
    """The STORAGE_URL of a prefix in a bucket."""
    boto3.client("s3", endpoint_url=s3_server).create_bucket(Bucket="tickbox")
    return f"s3://tickbox/some/where?endpoint_url={s3_server}"


@pytest.fixture
def s3(bucket):
    return S3(bucket, 8)


@pytest.fixture(params=["folder", "s3"])
def place(request, tmp_path):
    """A storage of either kind."""
    return Folder(tmp_path / "uploads") if request.param == "folder" else request.getfixturevalue("s3")
