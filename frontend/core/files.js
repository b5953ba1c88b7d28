import { fileUrl, isFresh, Offline, revive } from "./api.js";
import { complain, describe, say } from "./notices.js";
import { html, nothing } from "./page.js";
import { language, text } from "./text.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

// A file dropped elsewhere would be opened instead of the page.
for (const name of ["dragover", "drop"])
  addEventListener(name, (event) => {
    if (event.dataTransfer?.types.includes("Files") && event.target.type !== "file") event.preventDefault();
  });

/** A place to choose files at, or to drop them on: calls `chosen(files, input)`; `error` is what was said of the last one. */
export function filePicker(id, label, chosen, { hint = nothing, multiple = false, required = false, error = "" } = {}) {
  const over = (isOver) => (event) => event.target.parentNode.classList.toggle("over", isOver);
  return html`
    <div class="drop">
      <label for=${id}>${label}</label>
      <span id="${id}-hint" class="quiet">${hint}</span>
      ${error ? html`<span id="${id}-error" class="error" role="alert">${error}</span>` : nothing}
      <input
        id=${id}
        name="file"
        type="file"
        ?multiple=${multiple}
        ?required=${required}
        aria-describedby="${id}-hint ${error ? `${id}-error` : ""}"
        @change=${(event) => chosen([...event.target.files], event.target)}
        @dragenter=${over(true)}
        @dragleave=${over(false)}
        @drop=${over(false)}
      />
    </div>
  `;
}

/** The session is renewed before, if it must be: a browser that follows a link cannot. */
export function fileLink(path, words, kind = "") {
  return html`<a class=${kind} href=${fileUrl(path)} download @click=${renewed}><bdi>${words}</bdi></a>`;
}

async function renewed(event) {
  if (isFresh()) return;
  event.preventDefault();
  const link = event.currentTarget;
  try {
    await revive();
    link.click();
  } catch (problem) {
    complain(problem);
  }
}

/** Why a file did not come through. */
export const reason = (problem) => (problem instanceof Offline ? text("core.lost") : describe(problem));

/** For who looks at something else by now. */
export const sayFailed = (file, problem, action) => say(`${file.name}: ${reason(problem)}`, { kind: "bad", action, stays: true });

/** "1.5 MB". */
export function sizeText(bytes) {
  const step = bytes ? Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const form = { style: "unit", unit: UNITS[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: 1 };
  return (bytes / 1000 ** step).toLocaleString(language(), form);
}
