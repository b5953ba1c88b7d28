import { html } from "../core/page.js";

export const card = (id, title, content) => html`
  <section class="card" aria-labelledby=${id}>
    <h2 id=${id} tabindex="-1">${title}</h2>
    ${content}
  </section>
`;

/** What had the focus is gone. */
export const toCard = (id) => document.getElementById(id)?.focus();
