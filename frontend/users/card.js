import { html } from "../core/page.js";

/** A part of the settings under its heading, which `toCard(id)` leads to. */
export const card = (id, title, content) => html`
  <section class="card" aria-labelledby=${id}>
    <h2 id=${id} tabindex="-1">${title}</h2>
    ${content}
  </section>
`;

/** Put the focus on the heading of a card: what had it is gone. */
export const toCard = (id) => document.getElementById(id)?.focus();
