"""The files: they open, are the same every time, and nothing that a name holds does any harm."""

import json
import subprocess
import sys
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image
from sqlalchemy import select, update

from app.core.database import execute, fetch_one
from app.core.types import now
from app.files.models import StoredFile
from app.files.storage import storage
from app.jobs.models import Job
from app.reports.charts import draw
from app.reports.wording import day_marks, duration, fitted, span_of_days
from tests.arrange import make_list, make_todos
from tests.databases import environment
from tests.reports.planting import ask, at, run

HOSTILE = ["$x^2$", r"$\frac{1", "<script>alert(1)</script>", "a\nb\r\nc", "\u202egnirts", "W" * 50, "日本語", "🎉", "&amp;\"'", "%s{}\\n"]
MADE_AT = at("2026-11-24 20:14")


def stored(app, job):
    """The file of a job, as it is kept."""
    with app.app_context():
        file_id = fetch_one(select(Job.file_id).where(Job.id == job["id"])).file_id
        return storage().open(file_id).read()


def report_of(days, *, empty=False, **changes):
    """A report of so many days, by the fields of its schema."""
    first = date(2026, 11, 24) - timedelta(days=days - 1)
    amount = 0 if empty else 7
    each = [{"date": first + timedelta(days=number), "created": amount, "completed": amount, "open": amount} for number in range(days)]
    return {
        "kind": "productivity", "from": first, "to": date(2026, 11, 24), "time_zone": "Europe/Berlin", "as_of": MADE_AT,
        "list_id": None, "list_name": None, "created": amount, "completed": amount, "open": amount, "overdue": amount,
        "median_completion_seconds": None if empty else 4000.0, "days": each,
        "open_by_priority": dict.fromkeys(("none", "low", "medium", "high", "urgent"), amount),
        "open_by_tag": [] if empty else [{"tag": tag, "count": amount} for tag in HOSTILE], "open_by_other_tags": amount, **changes,
    }  # fmt: skip


def drawn(folder, form, report):
    path = folder / f"report.{form}"
    draw(report, form, path, MADE_AT)
    return path.read_bytes()


@pytest.fixture
def hostile(client):
    """A list and tags that would like to do harm."""
    made = make_list(client, "$\\alpha$ <script>" + "W" * 100)
    make_todos(client, *({"task": "x", "list_id": made["id"], "tags": [tag]} for tag in HOSTILE))
    return made["id"]


@pytest.mark.parametrize("form", ["json", "pdf", "png", "svg"])
def test_every_format_is_a_file_as_the_result_says(app, client, form, hostile):
    job = run(app, client, ask(client, format=form, list_id=hostile))

    assert job["state"] == "succeeded", job
    content = stored(app, job)
    assert len(content) == job["result"]["size"]
    assert job["result"]["filename"].endswith(f".{form}")
    check = {"json": check_json, "pdf": check_pdf, "png": check_png, "svg": check_svg}[form]
    check(content)
    with app.app_context():
        row = fetch_one(select(StoredFile).where(StoredFile.sha256 == sha256(content).hexdigest()))
    assert (row.name, row.content_type) == (job["result"]["filename"], job["result"]["content_type"])


def check_json(content):
    assert json.loads(content)["open"] == len(HOSTILE)


def check_png(content):
    with Image.open(BytesIO(content)) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (1199, 1695))


def check_pdf(content):
    assert content.startswith(b"%PDF-1.")
    assert content.rstrip().endswith(b"%%EOF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") == 1
    assert b"/Subtype /Type0" in content or b"/FontFile2" in content  # text, with its font
    assert not any(word in content for word in (b"/JavaScript", b"/JS", b"/Launch", b"/URI"))


def check_svg(content):
    root = ElementTree.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "image", "a", "animate", "set")
        for name, value in element.attrib.items():
            assert not name.rpartition("}")[2].startswith("on")
            assert name.rpartition("}")[2] != "href" or value.startswith("#")


@pytest.mark.parametrize("form", ["pdf", "png", "svg"])
def test_the_same_report_gives_the_same_bytes(tmp_path, form):
    assert drawn(tmp_path, form, report_of(30)) == drawn(tmp_path, form, report_of(30))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("days", [1, 2, 7, 30, 62, 63, 366])
@pytest.mark.parametrize("empty", [False, True], ids=["full", "empty"])
def test_any_number_of_days_is_drawn_without_a_warning(tmp_path, days, empty):
    check_png(drawn(tmp_path, "png", report_of(days, empty=empty)))


@pytest.mark.parametrize("amount", [7, 900_000, 1_300_000, 24_000_000])
def test_nothing_stands_on_the_edge_of_the_page_however_many_todos_there_are(tmp_path, amount):
    report = report_of(30)
    for day in report["days"]:
        day.update(created=amount, completed=amount, open=amount)

    with Image.open(BytesIO(drawn(tmp_path, "png", report))) as picture:
        edge = picture.convert("L").crop((0, 0, 5, picture.height))

    assert edge.getextrema() == (255, 255)


def test_days_that_are_all_to_come_are_drawn(tmp_path):
    check_png(drawn(tmp_path, "png", report_of(7, as_of=at("2020-01-01 00:00"))))


def test_the_title_and_the_day_are_in_the_files_and_nobodys_name(tmp_path):
    pdf, svg = (drawn(tmp_path, form, report_of(30, list_id="1", list_name="Secret")) for form in ("pdf", "svg"))

    assert b"/CreationDate (D:20261124201400Z)" in pdf
    assert b"/Creator (Tickbox)" in pdf
    assert "Productivity, 26 October – 24 November 2026" in svg.decode()
    assert b"/Author" not in pdf


def test_a_job_that_is_done_again_gives_one_result(app, client):
    answer = ask(client, format="svg")
    first = run(app, client, answer)
    content = stored(app, first)
    with app.app_context():  # as if its worker had died before it could say that it was done
        execute(update(Job).where(Job.id == first["id"]).values(state="queued", run_after=now(), result=None, file_id=None))

    again = run(app, client, answer)

    assert again["state"] == "succeeded"
    assert stored(app, again) == content
    assert again["result"] | {"expires_at": None} == first["result"] | {"expires_at": None}


def test_a_cancelled_job_keeps_no_file(app, client, monkeypatch):
    def cancel(report, form, path, made_at):
        path.write_bytes(b"half")
        client.delete(f"/jobs/{answer.json['id']}")

    answer = ask(client, format="png")
    monkeypatch.setattr("app.reports.charts.draw", cancel)

    job = run(app, client, answer)

    assert (job["state"], job["result"]) == ("cancelled", None)
    with app.app_context():
        assert fetch_one(select(Job.file_id).where(Job.id == job["id"])).file_id is None


def test_a_full_disk_lets_the_job_be_tried_again(app, client, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.reports.charts.draw", fail)

    job = run(app, client, ask(client, format="png"))

    assert (job["state"], job["message"]) == ("queued", "It will be tried again.")


def test_only_a_worker_that_draws_loads_matplotlib(tmp_path):
    code = "import sys, app; app.create_app(); sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], env=environment({"INSTANCE_PATH": str(tmp_path)}), timeout=60, check=True)


def test_no_home_folder_is_needed(tmp_path):
    code = """if True:
        from pathlib import Path
        from app import create_app
        from app.reports import tasks
        app = create_app()
        with app.app_context():
            try:
                tasks._draw({}, "png", Path("never.png"), None)
            except KeyError:
                pass
        import matplotlib
        print(matplotlib.get_cachedir())
    """
    nobody = environment({"INSTANCE_PATH": str(tmp_path), "HOME": "/dev/null"})
    nobody.pop("MPLCONFIGDIR", None)

    done = subprocess.run([sys.executable, "-W", "error", "-c", code], env=nobody, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == str(tmp_path / "matplotlib")


def test_a_name_is_cut_to_its_place():
    assert fitted("home", 10, 2) == "home"
    assert fitted("W" * 50, 10, 1).endswith("W…")
    assert len(fitted("W" * 120, 10, 1)) < 10
    assert fitted("i" * 5000, 10, 500) == "i" * 120 + "…"


@pytest.mark.parametrize(
    ("text", "shown"), [("a\r\nb", "a b"), ("\u202eabc\u2066", "abc"), ("日本", "□□"), ("$x$", "$x$"), ("\ud800", ""), ("", "")]
)
def test_a_name_is_shown_on_one_line_as_far_as_the_font_can(text, shown):
    assert fitted(text, 10, 2) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ("–", "nothing completed")),
        (0.2, ("0", "seconds")),
        (119, ("119", "seconds")),
        (120, ("2.0", "minutes")),
        (7200, ("2.0", "hours")),
        (200_000, ("2.3", "days")),
        (86400 * 2000, ("2,000.0", "days")),
    ],
)
def test_a_duration_has_a_unit_of_which_there_are_two_or_more(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 1), date(2026, 11, 1), "1 November 2026"),
        (date(2026, 11, 1), date(2026, 11, 30), "1 – 30 November 2026"),
        (date(2026, 10, 26), date(2026, 11, 24), "26 October – 24 November 2026"),
        (date(2025, 11, 24), date(2026, 11, 24), "24 November 2025 – 24 November 2026"),
    ],
)
def test_a_span_of_days_says_what_differs(first, last, words):
    assert span_of_days(first, last) == words


def test_there_are_one_to_thirteen_marks_on_an_axis():
    for length in range(1, 367):
        marks = day_marks([date(2026, 1, 3) + timedelta(days=number) for number in range(length)])

        assert 1 <= len(marks) <= 13
        assert all(0 <= number < length for number, _ in marks)
