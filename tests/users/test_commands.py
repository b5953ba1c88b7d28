from secrets import token_hex

import pytest

from tests import factories
from tests.factories import PASSWORD


@pytest.fixture
def run(app):
    """`run("list")`: what `flask users list` does."""
    return lambda *arguments, **more: app.test_cli_runner().invoke(args=["users", *arguments], **more)


def address():
    return f"{token_hex(6)}@example.com"


def test_an_account_is_created(run, anonymous):
    email = address()

    done = run("create", email.upper(), "--role", "admin", "--name", "Ada", "--password", "violet kettle 71")

    user = anonymous.post("/auth/login", {"email": email, "password": "violet kettle 71"}).json["user"]
    assert (done.exit_code, user["role"], user["name"]) == (0, "admin", "Ada")


def test_the_password_is_asked_for_twice_and_not_shown(run):
    done = run("create", address(), input="violet kettle 71\nviolet kettle 71\n")

    assert done.exit_code == 0
    assert "violet" not in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "nobody", "--password", "violet kettle 71"], "Not a valid email address."),
        (["create", "a@example.com", "--password", "password1"], "password: This is one of the most common passwords."),
        (["create", "a@example.com", "--password", "violet kettle 71", "--name", "x" * 121], "name: Longer than maximum length 120."),
        (["set-role", "nobody@example.com", "viewer"], "There is no account with the address nobody@example.com."),
        (["disable", "nobody@example.com"], "There is no account"),
        (["enable", "nobody@example.com"], "There is no account"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(run, arguments, said):
    done = run(*arguments)

    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_an_address_that_is_taken_is_said_so(run, account):
    done = run("create", account.email, "--password", "violet kettle 71")

    assert (done.exit_code, done.output) == (1, "Error: There is an account with this e-mail address already.\n")


def test_accounts_are_listed(run, account, user):
    disabled = user(active=False)

    lines = run("list").output.splitlines()

    assert f"{account.email}\tmember\tactive\tRobin" in lines
    assert f"{disabled.email}\tmember\tdisabled\tRobin" in lines


def test_a_name_makes_up_no_other_line(run, client):
    client.patch("/me", {"name": "x\nroot@example.org\tadmin\tactive\u001b[31m"})

    lines = run("list").output.splitlines()

    assert not [line for line in lines if line.startswith("root@") or "\u001b" in line]


def test_a_role_is_set(run, client, account):
    assert run("set-role", account.email.upper(), "viewer").exit_code == 0

    assert client.get("/me").json["role"] == "viewer"


def test_an_account_is_disabled_and_enabled(run, anonymous, account):
    statuses = []
    for command in ("disable", "enable"):
        run(command, account.email)
        statuses.append(anonymous.post("/auth/login", {"email": account.email, "password": PASSWORD}).status_code)

    assert statuses == [403, 200]


def test_the_last_admin_stays_an_admin(lone_app):
    admin = factories.user(lone_app, role="admin")

    done = lone_app.test_cli_runner().invoke(args=["users", "set-role", admin.email, "member"])

    assert done.exit_code == 1
    assert "last active admin" in done.output
