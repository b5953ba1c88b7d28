"""People of a live service, made and asked over HTTP: tests of the frontend know no more of the service than a page does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import requests

from tests.factories import PASSWORD


@dataclass
class Person:
    """Somebody with an account, and a way to the API of their own, by which a test arranges what the page is to show."""

    api: str
    email: str
    password: str = PASSWORD
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def ask(self, method, path, body=None, **more):
        """What the API answers, as JSON; None where it has nothing to say. `path` is below /api/v1; `more` goes to requests.

        Refusals raise requests.HTTPError.
        """
        answer = self.session.request(method, self.api + path, json=body, timeout=10, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def get(self, path, **more):
        """What GET answers."""
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        """What POST answers; files of a form as `files={...}`."""
        return self.ask("POST", path, body, **more)

    def patch(self, path, body, **more):
        """What PATCH answers."""
        return self.ask("PATCH", path, body, **more)

    def delete(self, path, **more):
        """Nothing, as DELETE answers."""
        return self.ask("DELETE", path, **more)


def register(api, **profile):
    """A new person, logged in with a bearer token in a session of their own. `profile` holds fields of PATCH /me."""
    person = Person(api, f"{secrets.token_hex(8)}@example.com")
    credentials = {"email": person.email, "password": person.password}
    person.post("/auth/register", credentials)
    person.session.headers["Authorization"] = f"Bearer {person.post('/auth/login', credentials)['access_token']}"
    if profile:
        person.patch("/me", profile)
    return person
