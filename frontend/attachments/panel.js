import { all, fileUrl, remove } from "../core/api.js";
import { ask } from "../core/dialog.js";
import { fileLink, filePicker, sizeText } from "../core/files.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw, repeat } from "../core/page.js";
import { text } from "../core/text.js";
import { uploads } from "./uploads.js";

const LOOKS = [1000, 2000, 4000, 8000]; // milliseconds, until each look for thumbnails that are being made

/** The files on a todo: to see, to add and to delete. After `leave()` uploads go on to their end. */
export function attachmentsPanel(todoId) {
  const path = `/todos/${todoId}/attachments`;
  const coming = uploads(path, () => read());
  let files = null;
  let isLeft = false;
  let timer = null;

  async function read(looks = LOOKS) {
    clearTimeout(timer);
    try {
      files = await all(path);
    } catch (problem) {
      complain(problem);
    }
    redraw();
    const isWaiting = files?.some((file) => file.width !== null && !file.thumbnail);
    if (isWaiting && looks.length && !isLeft) timer = setTimeout(() => read(looks.slice(1)), looks[0]);
  }

  async function forget(file) {
    const sure = text("attachments.delete_sure", { name: file.filename });
    if (!(await ask(text("attachments.delete_name"), sure, text("core.delete"), { danger: true }))) return;
    try {
      await remove(`${path}/${file.id}`);
      document.querySelector(".attachments").focus(); // whose button goes
      await read();
    } catch (problem) {
      complain(problem);
    }
  }

  const draw = (mayEdit) => html`
    <section class="attachments" tabindex="-1" aria-label=${text("attachments.title")}>
      <h3>${text("attachments.title")}</h3>
      <ul>
        ${repeat(
          files ?? [],
          (file) => file.id,
          (file) => html`<li class="row">
            ${preview(file)}
            <span class="grow">${fileLink(`${path}/${file.id}/content`, file.filename)} <span class="quiet">${sizeText(file.size)}</span></span>
            ${
              mayEdit
                ? html`<button class="icon" aria-label=${text("attachments.delete", { name: file.filename })} @click=${() => forget(file)}>×</button>`
                : nothing
            }
          </li>`,
        )}
      </ul>
      ${mayEdit ? html`${coming.draw()} ${picker()}` : nothing}
    </section>
  `;

  const picker = () => filePicker(`add-to-${todoId}`, text("attachments.add"), add, { hint: text("attachments.drop"), multiple: true });

  function add(chosen, input) {
    for (const file of chosen) coming.add(file);
    input.value = "";
  }

  read();
  return {
    draw,
    leave() {
      isLeft = true;
      clearTimeout(timer);
    },
  };
}

function preview({ filename, thumbnail }) {
  if (!thumbnail) return nothing;
  return html`<img class="thumbnail" loading="lazy" src=${fileUrl(thumbnail)} alt=${text("attachments.preview", { name: filename })} />`;
}
