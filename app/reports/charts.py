"""A report as a page of charts: A4, upright, so that it can be printed, and read on a telephone.

Matplotlib is asked for its figures and canvases themselves, never for pyplot, which keeps what it draws for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from app.reports.wording import day_marks, duration, fitted, span_of_days

A4 = (8.27, 11.69)  # inches
PIXELS_PER_INCH = 145  # 1199 by 1695 pixels
CANVASES = {"png": FigureCanvasAgg, "pdf": FigureCanvasPdf, "svg": FigureCanvasSVG}
# Of Okabe and Ito's colours, which people see apart who do not see all colours (https://jfly.uni-koeln.de/color/).
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#8A94A0"
INK, FAINT, LINES = "#1F2933", "#52606D", "#D9DEE4"
MARGIN, LEFT = 0.05, 0.1  # of the page, and of what has numbers or names at its side; in parts of its width
NICE = (1, 2, 5, 10)
MOST_BARS = 62  # days; more are drawn as lines
MEAN_OF = 7  # days
MILLION = 1_000_000
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib, so a page looks alike wherever it was drawn
    "font.size": 10,
    "text.parse_math": False,  # `$` in a name is a dollar
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": LINES,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": LINES,
    "ytick.color": LINES,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "grid.color": LINES,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # text stays text
    "svg.fonttype": "path",  # and needs no font where it is looked at
    "svg.hashsalt": "tickbox",  # names of elements are the same every time
}


def draw(report: dict[str, Any], form: str, path: Path, made_at: datetime) -> None:
    """Write a report, by the fields of its schema, as pdf, png or svg. The same report gives the same bytes. Raises OSError."""
    with mpl.rc_context(STYLE):  # undone afterwards
        figure = Figure(figsize=A4, dpi=PIXELS_PER_INCH, facecolor="white")
        canvas = CANVASES[form](figure)
        _head(figure, report)
        _figures(figure, report)
        _per_day(figure.add_axes((LEFT, 0.578, 1 - MARGIN - LEFT, 0.205)), report)
        _burn_down(figure.add_axes((LEFT, 0.335, 1 - MARGIN - LEFT, 0.155)), report)
        _priorities(figure.add_axes((0.12, 0.067, 0.33, 0.175)), report)
        _tags(figure.add_axes((0.64, 0.067, 0.28, 0.175)), report)
        canvas.print_figure(path, format=form, dpi=PIXELS_PER_INCH, metadata=_metadata(form, report, made_at))


def _metadata(form: str, report: dict[str, Any], made_at: datetime) -> dict[str, Any]:
    title = f"Productivity, {span_of_days(report['from'], report['to'])}"
    if form == "pdf":
        return {"Title": title, "Creator": "Tickbox", "Producer": "Matplotlib", "CreationDate": made_at}
    if form == "svg":
        return {"Title": title, "Creator": "Tickbox", "Date": made_at.isoformat()}
    return {"Title": title, "Software": "Tickbox", "Creation Time": made_at.isoformat()}


def _head(figure: Figure, report: dict[str, Any]) -> None:
    about = "All lists" if report["list_id"] is None else f"List: {report['list_name']}"
    figure.text(MARGIN, 0.962, "Productivity", fontsize=24, fontweight="bold", va="center")
    figure.text(1 - MARGIN, 0.967, span_of_days(report["from"], report["to"]), fontsize=13, ha="right", va="center")
    figure.text(1 - MARGIN, 0.947, fitted(about, 10, 4.2), fontsize=10, color=FAINT, ha="right", va="center")
    moment = report["as_of"].astimezone(ZoneInfo(report["time_zone"]))
    figure.text(
        MARGIN, 0.016, f"Made by Tickbox on {moment:%Y-%m-%d at %H:%M}. Days are those of {report['time_zone']}.", fontsize=8, color=FAINT
    )


def _figures(figure: Figure, report: dict[str, Any]) -> None:
    """The totals, in words that need no colour."""
    median, unit = duration(report["median_completion_seconds"])
    tiles = [
        ("Created", f"{report['created']:,}", "todos"),
        ("Completed", f"{report['completed']:,}", "todos"),
        ("Open now", f"{report['open']:,}", "todos"),
        ("Overdue now", f"{report['overdue']:,}", "todos"),
        ("Median to done", median, unit),
    ]
    for number, (name, value, of_what) in enumerate(tiles):
        box = figure.add_axes((MARGIN + number * 0.183, 0.838, 0.168, 0.084))
        box.set_facecolor("#F1F4F7")
        box.set(xticks=[], yticks=[])
        box.spines[:].set_visible(False)
        box.text(0.08, 0.8, name, fontsize=9.5, color=FAINT, va="center")
        box.text(0.08, 0.46, value, fontsize=min(22, 135 / len(value)), fontweight="bold", va="center")
        box.text(0.08, 0.16, of_what, fontsize=9, color=FAINT, va="center")


def _per_day(axes: Axes, report: dict[str, Any]) -> None:
    days = report["days"]
    _title(axes, "Created and completed")
    for side, (name, color, dashes) in enumerate((("created", BLUE, "--"), ("completed", ORANGE, "-"))):
        counts = [day[name] for day in days]
        label = f"{name.capitalize()} ({sum(counts):,})"
        if len(days) <= MOST_BARS:
            axes.bar([number + (side - 0.5) * 0.4 for number in range(len(days))], counts, 0.38, color=color, label=label)
        else:
            axes.plot(counts, color=color, linewidth=0.8, alpha=0.35)
            axes.plot(_means(counts), color=color, linewidth=2, linestyle=dashes, label=label)
    axes.legend(loc="lower right", bbox_to_anchor=(1.012, 1), ncols=2, fontsize=9.5, borderpad=0.2, handlelength=1.6, columnspacing=1.4)
    smooth = f" (bold: {MEAN_OF}-day mean)" if len(days) > MOST_BARS else ""
    _count_axis(axes, f"Todos per day{smooth}", max(max(day["created"], day["completed"]) for day in days))
    _day_axis(axes, [day["date"] for day in days])


def _burn_down(axes: Axes, report: dict[str, Any]) -> None:
    """Open todos at the end of each day, as far as there are days that have begun."""
    today = report["as_of"].astimezone(ZoneInfo(report["time_zone"])).date()
    days = [day for day in report["days"] if day["date"] <= today]
    counts = [day["open"] for day in days]
    _title(axes, "Burn-down: open todos at the end of each day")
    axes.fill_between(range(len(counts)), counts, color=GREEN, alpha=0.18, linewidth=0)
    axes.plot(counts, color=GREEN, linewidth=2, marker="o" if len(counts) <= MOST_BARS else None, markersize=3.5)
    _count_axis(axes, "Open todos", max(counts, default=0))
    _day_axis(axes, [day["date"] for day in report["days"]])


def _priorities(axes: Axes, report: dict[str, Any]) -> None:
    rows = [(word.capitalize(), amount, GREY if word == "none" else BLUE) for word, amount in report["open_by_priority"].items()]
    _bars(axes, "Open by priority", rows[::-1])


def _tags(axes: Axes, report: dict[str, Any]) -> None:
    rows = [(fitted(tag["tag"], 9.5, 1.15), tag["count"], BLUE) for tag in report["open_by_tag"]]
    if report["open_by_other_tags"]:
        rows.append(("(other tags)", report["open_by_other_tags"], GREY))
    _bars(axes, "Open by tag", rows)


def _bars(axes: Axes, title: str, rows: Sequence[tuple[str, int, str]]) -> None:
    """Bars that lie, the first one on top, each with its number."""
    _title(axes, title)
    most = max((amount for _, amount, _ in rows), default=0)
    places = range(len(rows))
    bars = axes.barh(places, [amount for _, amount, _ in rows], 0.68, color=[color for _, _, color in rows])
    axes.bar_label(bars, [f"{amount:,}" for _, amount, _ in rows], padding=3, fontsize=9, color=INK)
    axes.set_yticks(places, [name for name, _, _ in rows], fontsize=9.5)
    axes.tick_params(axis="both", length=0)
    axes.set_ylim(max(len(rows), 5) - 0.4, -0.6)
    axes.set_xlim(0, max(most, 1) * 1.16)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=NICE))
    axes.xaxis.set_major_formatter(FuncFormatter(_amount))
    axes.grid(axis="x")
    axes.spines["bottom"].set_visible(False)
    axes.set_xlabel("Open todos", fontsize=9.5)
    if not rows:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", va="center", color=FAINT)


def _title(axes: Axes, text: str) -> None:
    frame = axes.get_position()
    outside = (MARGIN - frame.x0) / frame.width if frame.x0 < 0.5 else -0.45
    axes.set_title(text, loc="left", x=outside, fontsize=12, fontweight="bold", pad=10)


def _count_axis(axes: Axes, label: str, most: int) -> None:
    axes.set_ylabel(label, fontsize=9.5, labelpad=1)
    axes.set_ylim(0, max(most, 1) * 1.08)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=NICE))
    axes.yaxis.set_major_formatter(FuncFormatter(_amount))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")


def _day_axis(axes: Axes, days: Sequence[date]) -> None:
    marks = day_marks(days)
    axes.set_xticks([number for number, _ in marks], [label for _, label in marks], fontsize=9.5)
    room = max(0.6, 4 - len(days))  # a day alone does not fill the page
    axes.set_xlim(-room, len(days) - 1 + room)
    axes.set_xlabel("Day", fontsize=9.5)


def _amount(value: float, _: Any) -> str:
    """A number beside an axis, where there is no room for a million in figures."""
    return f"{value:,.0f}" if value < MILLION else f"{value / MILLION:,g} M"


def _means(counts: Sequence[int]) -> list[float]:
    """The mean of each day and the six before it, or of as many as there are."""
    sums = [0, *accumulate(counts)]
    return [(sums[end] - sums[max(0, end - MEAN_OF)]) / min(end, MEAN_OF) for end in range(1, len(sums))]
