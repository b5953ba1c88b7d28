"""The folder as broker."""

from queue import Empty

import pytest
from kombu import Connection

from app.jobs.folder import Transport


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "control").mkdir()
    return tmp_path


@pytest.fixture
def channel(folder):
    folders = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder / "control")}
    with Connection("filesystem://localhost", transport=Transport, transport_options=folders) as connection:
        yield connection.default_channel


def test_a_message_arrives_once(channel):
    channel._put("tickbox", {"body": "ü"})

    assert channel._get("tickbox") == {"body": "ü"}
    with pytest.raises(Empty):
        channel._get("tickbox")


def test_messages_arrive_in_order(channel, monkeypatch):
    moments = iter([1.0, 2.0, 3.0])
    monkeypatch.setattr("app.jobs.folder.time.monotonic", lambda: next(moments))
    for number in range(3):
        channel._put("tickbox", number)

    assert [channel._get("tickbox") for _ in range(3)] == [0, 1, 2]


def test_a_message_that_is_not_whole_does_not_end_the_reader(channel, folder):
    (folder / "1_half.tickbox.msg").write_text("")

    with pytest.raises(Empty):
        channel._get("tickbox")
    channel._put("tickbox", "next")
    assert channel._get("tickbox") == "next"


def test_a_message_has_its_name_only_when_it_is_whole(channel, folder, monkeypatch):
    seen = []
    monkeypatch.setattr("app.jobs.folder.dumps", lambda payload: seen.extend(folder.glob("*.msg")) or "1")

    channel._put("tickbox", 1)

    assert seen == []
    assert len(list(folder.glob("*.msg"))) == 1


def test_a_message_that_cannot_be_written_leaves_nothing(channel, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)

    with pytest.raises(channel.connection.channel_errors):
        channel._put("tickbox", 1)

    assert [file for file in folder.iterdir() if file.is_file()] == []
