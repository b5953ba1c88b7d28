def test_a_client_is_its_account(client, account, anonymous, statements):
    with statements() as seen:
        answer = client.get("/me")
    assert answer.status_code == 200, answer.json
    assert answer.json["email"] == account.email
    print(seen)
    assert anonymous.get("/me").status_code == 401
    assert client.get("/readyz").status_code == 200

def test_lone(lone_app, make_app, user):
    from tests import factories
    c = factories.client(lone_app, factories.user(lone_app, role="admin"))
    assert len(c.get("/users").json["data"]) == 1
    from tests.factories import client
    assert client(make_app(RATE_LIMITS="on"), user()).get("/me").headers["RateLimit"]

def test_live(live_server):
    import requests
    assert requests.get(live_server.url + "/readyz").status_code == 200
