"""`flask demo`."""

from app.users import service as users


def test_the_demo_makes_an_account_with_todos(app, make_client):
    done = app.test_cli_runner().invoke(args=["demo", "--todos", "3", "--email", "Demo@Example.org"])

    assert done.exit_code == 0, done.output
    with app.app_context():
        account = users.by_email("demo@example.org")
    assert make_client(account).get("/todos?count=true").headers["X-Total-Count"] == "3"
