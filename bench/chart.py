"""The results as a chart: of each operation, what a request costs each contestant."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from app.reports.charts import BLUE, GREY, STYLE
from bench.contestants import CONTESTANTS
from bench.operations import OPERATIONS
from bench.summary import medians

INK = "#7A828C"  # reads on white as on black, as the chart has no ground of its own
COLUMNS, WIDTH, BAR, ABOVE = 2, 9, 0.2, 0.75  # inches: of the chart, for a bar, and over the bars of an operation
LOOK = {"text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.labelcolor": INK, "ytick.labelcolor": INK, "font.size": 9}


def draw(records, path):
    """Write the medians at the first level of connections as SVG. The same records give the same bytes."""
    level = records[0]["connections"]
    costs = {
        (operation, name): run["application"] for (connections, operation, name), run in medians(records).items() if connections == level
    }
    operations = [operation for operation in OPERATIONS if any(key[0] == operation for key in costs)]
    names = [name for name in reversed(CONTESTANTS) if any(key[1] == name for key in costs)]
    rows = -(-len(operations) // COLUMNS)
    with mpl.rc_context(STYLE | LOOK):
        figure = Figure((WIDTH, 0.6 + rows * (ABOVE + BAR * len(names))), layout="constrained")
        canvas = FigureCanvasSVG(figure)
        figure.suptitle(f"CPU ms of the application for a request, {level} connections")
        figure.subplots(rows, COLUMNS, squeeze=False, sharey=True)
        for number, panel in enumerate(figure.axes):
            if number < len(operations):
                _bars(panel, operations[number], names, costs)
            else:
                panel.set_axis_off()
        figure.patch.set_alpha(0)
        canvas.print_svg(path, metadata={"Date": None})


def _bars(panel, operation, names, costs):
    found = [costs.get((operation, name)) for name in names]
    bars = panel.barh(range(len(names)), [value or 0 for value in found], color=[BLUE if name == "tickbox" else GREY for name in names])
    panel.bar_label(bars, ["" if value is None else f"{value:.2f}" for value in found], padding=3)
    panel.set_title(OPERATIONS[operation].title, loc="left")
    panel.set_yticks(range(len(names)), [CONTESTANTS[name].title for name in names])
    panel.tick_params(axis="y", length=0)
    panel.spines["bottom"].set_visible(False)
    panel.set_xticks([])
    panel.margins(x=0.14)
    panel.set_facecolor("none")
