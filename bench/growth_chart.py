"""The chart of the growth bench. The same figures give the same bytes."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.growth_report import FLAT, factor, series

STYLE = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "grid.color": "#D5DBE1", "grid.linewidth": 0.6,
    "svg.fonttype": "path", "svg.hashsalt": "tickbox",
}  # fmt: skip
FAINT, COLOURS = "#9AA5B1", ("#C0392B", "#D35400", "#8E44AD", "#2471A3", "#117A65", "#7D6608", "#5D6D7E")


def draw(measured, path):
    """Write an SVG: latency and database time against todos. What stays within 1.3 times is grey, the rest is named."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 5), facecolor="white")
        canvas = FigureCanvasSVG(figure)
        rows = series(measured)
        for place, (what, title) in enumerate((("latency", "latency, median ms"), ("database", "database, median ms"))):
            axes = figure.add_subplot(1, 2, place + 1)
            _panel(axes, rows, what)
            axes.set(xscale="log", yscale="log", xlabel="todos in the database", title=title)
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.grid(visible=True)
        figure.tight_layout()
        canvas.print_figure(path, format="svg", metadata={"Title": "Tickbox: growth", "Creator": "Tickbox", "Date": None})


def _panel(axes, rows, what):
    steep = [name for name, points in rows.items() if factor(points, what) > FLAT]
    flat = [name for name in rows if name not in steep]
    for name in flat:
        _line(axes, rows[name], what, color=FAINT, label=f"{len(flat)} others: at most {FLAT} times" if name == flat[0] else None)
    for number, name in enumerate(sorted(steep, key=lambda name: -factor(rows[name], what))):
        label = f"{name}: {factor(rows[name], what):.1f} times"
        _line(
            axes,
            rows[name],
            what,
            color=COLOURS[number % len(COLOURS)],
            linestyle=("-", "--", ":")[number // len(COLOURS) % 3],
            label=label,
        )
    axes.legend(fontsize=7, frameon=False, loc="upper left")


def _line(axes, points, what, **style):
    axes.plot([each.todos for each in points], [getattr(each, what) for each in points], marker="o", markersize=3, linewidth=1.2, **style)
