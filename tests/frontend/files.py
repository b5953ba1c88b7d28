"""Files that people of tests choose, drop and send, over slow lines too, and what a worker does with them."""

from __future__ import annotations

import io

from PIL import Image

WORK = 60_000  # milliseconds that a job may take on a busy machine


def upload(name, content, mime="text/plain"):
    """A file as Playwright's set_input_files takes it."""
    return {"name": name, "mimeType": mime, "buffer": content if isinstance(content, bytes) else content.encode()}


def picture(name="plan.png"):
    """A picture of 600 by 400 pixels."""
    file = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(file, "PNG")
    return upload(name, file.getvalue(), "image/png")


def drop(page, target, path):
    """Drop a file of this machine on an element, as a person with a mouse does."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, **at, "data": {"items": [], "files": [str(path)], "dragOperationsMask": 1}})


def slow_down(page, upload_bytes):
    """Let the page send no more than so many bytes a second."""
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload_bytes}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", limits)
