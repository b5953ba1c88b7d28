"""The words of the page: the same in each language, and none that nobody uses."""

from __future__ import annotations

import re

import pytest

from app.system.frontend import FOLDER
from app.users.permissions import PERMISSIONS

_WORDS = """async (codes) => {
    const assets = document.querySelector("script[type=module]").src.replace(/main[.]js$/, "");
    return Promise.all(codes.map(async (code) => (await import(`${assets}languages/${code}.js`)).default));
}"""
PLURALS = {"one", "other"}
NAMED_BY_THE_SERVICE = {"jobs", "recurrence"}  # states and frequencies


@pytest.fixture
def languages(open_page):
    """The words of English and of German, each as its entries by key; plural forms are one entry."""
    return [dict(entries(words)) for words in open_page().evaluate(_WORDS, ["en", "de"])]


def entries(words, before=""):
    for name, entry in words.items():
        if isinstance(entry, dict) and entry.keys() != PLURALS:
            yield from entries(entry, f"{before}{name}.")
        else:
            yield f"{before}{name}", entry


def test_each_language_has_words_for_the_same_in_the_same_plural_forms_with_the_same_values(languages):
    english, german = languages
    assert english.keys() == german.keys()
    for key, entry in english.items():
        assert type(entry) is type(german[key]), key
        assert set(re.findall(r"\{\w+\}", str(entry))) == set(re.findall(r"\{\w+\}", str(german[key]))), key


def test_every_permission_has_words_as_the_form_for_a_token_offers_them_all(languages):
    assert {f"users.scopes.{permission}" for permission in PERMISSIONS} <= languages[0].keys()


def test_all_words_are_used(languages):
    source = "\n".join(path.read_text() for path in FOLDER.rglob("*.js") if path.parent.name != "languages")
    made = re.findall(r"`([a-z_]+\.[^`\s]*\$\{[^`]*)`", source)  # keys that are put together, such as `lists.roles.${role}`
    patterns = {"[^.]+".join(map(re.escape, re.split(r"\$\{[^}]*\}", key))) for key in made}
    patterns |= {rf"{section}\..+" for section in re.findall(r'words\("(\w+)"\)', source)}

    def is_used(key):
        section, _, name = key.partition(".")
        fitting = {pattern for pattern in patterns if re.fullmatch(pattern, key)}
        if fitting == {rf"{section}\.[^.]+"} and section not in NAMED_BY_THE_SERVICE:  # anything fits: its name stands somewhere
            return bool(re.search(rf"\b{name}\b", source))
        return bool(fitting) or f'"{key}"' in source

    unused = [key for key in languages[0] if not is_used(key)]

    assert not unused
