"""The rivals' environments."""

import pytest

from bench import environments


@pytest.fixture
def lock(monkeypatch, tmp_path):
    """The lock of a rival; nothing is installed."""
    monkeypatch.setattr(environments, "HOME", tmp_path / "made")
    monkeypatch.setattr(environments, "RIVALS", tmp_path / "rivals")
    lock = tmp_path / "rivals" / "rival" / "requirements.txt"
    lock.parent.mkdir(parents=True)
    lock.write_text("one==1\n")
    return lock


@pytest.fixture
def commands(monkeypatch, lock):
    ran = []

    def run(*command):
        ran.append(command)
        (environments.HOME / "rival").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(environments, "_run", run)
    return ran


def test_an_environment_is_made_from_the_lock_once(lock, commands):
    assert environments.environment_of("rival") == environments.environment_of("rival") == environments.HOME / "rival" / "bin"
    assert len(commands) == 2
    assert commands[1][-3:] == ("--require-hashes", "-r", lock)


def test_and_anew_when_the_lock_changes(lock, commands):
    environments.environment_of("rival")
    lock.write_text("one==2\n")
    environments.environment_of("rival")

    assert len(commands) == 4


def test_one_whose_making_was_interrupted_is_made_again(monkeypatch, commands):
    run = environments._run

    def interrupted(*command):
        run(*command)
        if len(commands) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(environments, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        environments.environment_of("rival")

    environments.environment_of("rival")

    assert len(commands) == 4


def test_what_fails_says_why():
    with pytest.raises(SystemExit, match="no such option"):
        environments._run("python", "-m", "pip", "install", "--nonsense")
