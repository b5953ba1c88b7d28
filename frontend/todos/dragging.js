import { complain } from "../core/notices.js";
import { below, moveTodo } from "./todos.js";

const EDGE = 60; // pixels from the window's edge, where it scrolls
const STEP = 12; // pixels a frame

/** Puts todos in order by a handle, whose pointerdown `begin(event, todo)` is for. */
export function dragging(collection) {
  function begin(event, todo) {
    if (event.button) return;
    event.preventDefault();
    const handle = event.currentTarget;
    const row = handle.closest("[data-id]");
    const own = new Set([todo.id, ...below(collection(), todo).map((other) => other.id)]);
    let target = null;
    let at = event.clientY;
    let frame = requestAnimationFrame(scroll);
    handle.setPointerCapture(event.pointerId);
    row.classList.add("dragged");

    function scroll() {
      if (at < EDGE) scrollBy(0, -STEP);
      if (at > innerHeight - EDGE) scrollBy(0, STEP);
      frame = requestAnimationFrame(scroll);
    }
    function follow(moved) {
      at = moved.clientY;
      mark(null);
      const over = document.elementFromPoint(moved.clientX, moved.clientY)?.closest("[data-id]");
      if (!over || own.has(over.dataset.id)) return;
      const { top, height } = over.getBoundingClientRect();
      mark({ over, side: moved.clientY < top + height / 2 ? "before" : "after" });
    }
    function mark(next) {
      target?.over.classList.remove(`drop-${target.side}`);
      next?.over.classList.add(`drop-${next.side}`);
      target = next;
    }
    function end(ended) {
      cancelAnimationFrame(frame);
      const chosen = ended.type === "pointerup" ? target : null;
      mark(null);
      row.classList.remove("dragged");
      for (const name of ["pointerup", "pointercancel"]) handle.removeEventListener(name, end);
      handle.removeEventListener("pointermove", follow);
      removeEventListener("keydown", giveUp);
      const anchor = chosen && collection().get(chosen.over.dataset.id);
      if (anchor && !anchor.isNew) moveTodo(collection(), collection().get(todo.id), { [chosen.side]: anchor }).catch(complain);
    }
    function giveUp(pressed) {
      if (pressed.key === "Escape") end(pressed);
    }
    handle.addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, end);
    addEventListener("keydown", giveUp);
  }
  return { begin };
}
