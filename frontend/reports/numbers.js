import { figures, table } from "../core/figures.js";
import { html, nothing } from "../core/page.js";
import { language, text } from "../core/text.js";

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const COUNTS = ["created", "completed", "open", "overdue"];

export function span({ from, to }) {
  const form = new Intl.DateTimeFormat(language(), { dateStyle: "long", timeZone: "UTC" });
  return form.formatRange(new Date(from), new Date(to));
}

export const inWords = (report) => text("reports.in_words", { span: span(report), ...report });

/** Figures, and all numbers as tables, folded up. */
export function numbers(report) {
  const counts = COUNTS.map((name) => [text(`reports.${name}`), report[name]]);
  return html`
    ${figures([...counts, [text("reports.median"), duration(report.median_completion_seconds)]])}
    <details>
      <summary>${text("reports.all_numbers")}</summary>
      ${days(report)} ${priorities(report)} ${tags(report)}
    </details>
  `;
}

function days(report) {
  const form = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeZone: "UTC" });
  const columns = ["day", "created", "completed", "left"].map((name) => text(`reports.${name}`));
  return table(
    text("reports.by_day"),
    columns,
    report.days.map((day) => [form.format(new Date(day.date)), day.created, day.completed, day.open]),
  );
}

function priorities(report) {
  const rows = Object.entries(report.open_by_priority).map(([priority, count]) => [text(`todos.priorities.${priority}`), count]);
  return table(text("reports.by_priority"), [text("todos.priority"), text("reports.open")], rows);
}

function tags(report) {
  const rows = report.open_by_tag.map(({ tag, count }) => [`#${tag}`, count]);
  if (report.open_by_other_tags) rows.push([text("reports.other_tags"), report.open_by_other_tags]);
  return rows.length ? table(text("reports.by_tag"), [text("todos.tag_choice"), text("reports.open")], rows) : nothing;
}

/** In the largest unit of which there are two. */
function duration(seconds) {
  if (seconds === null) return "–";
  const [unit, length] = UNITS.find(([, size]) => seconds >= 2 * size) ?? UNITS.at(-1);
  return (seconds / length).toLocaleString(language(), { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 });
}
