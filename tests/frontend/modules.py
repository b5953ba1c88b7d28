"""The frontend's modules, called from a test as the page calls them."""

from __future__ import annotations

_CALL = """async ([file, name, calls, isTimed]) => {
    const assets = document.querySelector("script[type=module]").src.replace(/main[.]js$/, "");
    const module = await import(assets + file);
    const revived = (value) => value?.instant ? new Date(value.instant) : value?.now ? { ...value, now: new Date(value.now) } : value;
    return calls.map((values) => {
        const begin = performance.now();
        const value = module[name](...values.map(revived));
        return isTimed ? (performance.now() - begin) / 1000 : value;
    });
}"""


class Modules:
    """Modules in pages of a browser, one for each locale and time zone that is asked for."""

    def __init__(self, site, browser) -> None:
        self.site = site
        self.browser = browser
        self.pages = {}

    def call(self, file, name, *calls, **options):
        """What a function of a module gives for each of the argument lists in `calls`; `options` are those of new_context.

        `{"instant": ...}` becomes a Date, as does the `now` of an object.
        """
        return self._evaluate([file, name, calls, False], options)

    def seconds(self, file, name, *calls, **options):
        """How long each of the calls takes."""
        return self._evaluate([file, name, calls, True], options)

    def close(self):
        """Close the pages."""
        for page in self.pages.values():
            page.context.close()

    def _evaluate(self, values, options):
        key = tuple(sorted({"locale": "en-GB", **options}.items()))
        if key not in self.pages:
            self.pages[key] = self.browser.new_context(**dict(key)).new_page()
            self.pages[key].goto(self.site.url)
        return self.pages[key].evaluate(_CALL, values)
