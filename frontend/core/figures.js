import { html } from "./page.js";
import { language } from "./text.js";

/** Pairs of words and what is counted. */
export function figures(pairs) {
  return html`
    <dl class="figures">
      ${pairs.map(([name, count]) => html`<div><dt>${name}</dt><dd>${shown(count)}</dd></div>`)}
    </dl>
  `;
}

/** The first cell of each row names it. */
export function table(name, columns, rows) {
  return html`
    <table>
      <caption>${name}</caption>
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>
        ${rows.map(
          ([first, ...others]) => html`<tr>
            <th scope="row" dir="auto">${shown(first)}</th>
            ${others.map((cell) => html`<td dir="auto">${shown(cell)}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  `;
}

const shown = (cell) => (typeof cell === "number" ? cell.toLocaleString(language()) : cell);
