"""A list of 5,000 todos is as quick as one of fifty."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend import people

MANY = 5000
FIRST_VIEW = 1000  # milliseconds until the first todos are in the page
LAG = 200  # milliseconds from a key to the next picture
GROWTH = 1.5  # of the memory that scripts hold, from the first page to the last
STEPS = 2000  # of 4,000 pixels, some of them while the next page is read
TRIES = 3  # the machine may be busy with other tests


@pytest.fixture(scope="module")
def rich(site):
    rich = people.register(site.api, name="Rich")
    for start in range(0, MANY, 500):
        made = [{"op": "create", "todo": {"task": f"todo {start + number} of many", "tags": ["many"]}} for number in range(500)]
        rich.post("/todos/batch", {"operations": made})
    return rich


def best(measure, bound):
    """The least of some measurements, the first that is within the bound."""
    seen = []
    while len(seen) < TRIES and (not seen or min(seen) > bound):
        seen.append(measure())
    return min(seen)


def scroll_to(page, number):
    """Scroll down until the todo with that number in the list, or one behind it, is in the page."""
    for _ in range(STEPS):
        if page.evaluate("Math.max(...Array.from(document.querySelectorAll('.todo'), (row) => row.ariaPosInSet))") >= number:
            return
        page.mouse.wheel(0, 4000)
        page.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError(f"todo {number} never comes")


def test_the_first_todos_are_there_within_a_second(open_page, rich):
    page = open_page(rich)
    expect(page.get_by_text("todo 0 of many")).to_be_visible()

    def first_view():
        page.reload(wait_until="commit")
        page.wait_for_selector(".todo")
        return page.evaluate("performance.now()")

    assert best(first_view, FIRST_VIEW) < FIRST_VIEW


def test_typing_in_the_search_never_lags(open_page, rich):
    page = open_page(rich)
    expect(page.get_by_text("todo 0 of many")).to_be_visible()
    page.evaluate("""() => {
        window.lags = [];
        addEventListener("input", () => {
            const begun = performance.now();
            requestAnimationFrame(() => setTimeout(() => lags.push(performance.now() - begun)));
        }, true);
    }""")

    def longest_lag():
        page.evaluate("lags.length = 0")
        page.get_by_role("searchbox").fill("")
        page.get_by_role("searchbox").press_sequentially("todo 4999 of many", delay=50)
        expect(page.locator(".todo")).to_have_count(1)
        return max(page.evaluate("lags"))

    assert best(longest_lag, LAG) < LAG


def test_memory_stays_steady_while_one_scrolls_to_the_end(open_page, rich):
    page = open_page(rich)
    expect(page.get_by_text("todo 0 of many")).to_be_visible()
    devtools = page.context.new_cdp_session(page)

    def usage():
        devtools.send("HeapProfiler.collectGarbage")
        counters = devtools.send("Memory.getDOMCounters")
        return {"heap": page.evaluate("performance.memory.usedJSHeapSize"), "nodes": counters["nodes"]}

    page.mouse.move(600, 500)
    scroll_to(page, MANY // 2)
    half = usage()
    scroll_to(page, MANY)

    end = usage()
    assert end["nodes"] < GROWTH * half["nodes"]
    assert page.locator(".todo").count() < 200
    assert end["heap"] - half["heap"] < 8 * 1024 * 1024, "what grows is the todos themselves"
