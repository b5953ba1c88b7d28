import { instantOf, plusDays, today, weekdayOf } from "../core/dates.js";
import { phrases } from "./phrases.js";
import { WEEKDAYS } from "./recurrence.js";

const MOST_TAGS = 20; // of a todo, as the service takes them
const QUOTED = String.raw`["“„](?<inner>[^"“”„]*)["“”](?=[,;.:!?)]*(?:\s|$))`;
const WORDS = new RegExp(String.raw`${QUOTED}|\S+`, "gu");
const MARKS = new RegExp(String.raw`(?<!\S)(?:${QUOTED}|\\(?=[#!]))`, "gu");

/**
 * What a line such as `Buy milk tomorrow 17:00 #errand !high` says, as the body for POST /todos.
 *
 * All but tags is said once: the last one counts, and those before it are part of the task. So is what stands in quotes or after a `\`.
 */
export function understand(line, { zone, now = new Date() }) {
  const chosen = choose(found(line, today(zone, now)));
  const said = Object.fromEntries(chosen.map(({ says, value }) => [says, value]));
  const tags = [...spellings(chosen).values()];
  const fields = { task: taskOf(line, chosen), ...dueOf(said, zone, now) };
  if (said.priority) fields.priority = said.priority;
  if (tags.length) fields.tags = tags;
  if (said.recurrence) fields.recurrence = said.recurrence;
  return fields;
}

/** In order, as `{ says, value, start, end }`. */
function found(line, from) {
  const all = [];
  let end = 0;
  for (const { index, groups } of line.matchAll(WORDS)) {
    if (index < end || groups.inner !== undefined) continue;
    const one = phraseAt(line, index, from);
    if (!one) continue;
    all.push(one);
    end = one.end;
  }
  return all;
}

function phraseAt(line, start, from) {
  for (const { says, pattern, read } of phrases()) {
    pattern.lastIndex = start;
    const match = pattern.exec(line);
    const value = match && read(match.groups, from);
    if (value) return { says, value, start, end: pattern.lastIndex };
  }
  return null;
}

/** The last of each kind, and all tags as far as a todo takes them. */
function choose(all) {
  const last = Object.fromEntries(all.map((one) => [one.says, one]));
  const taken = [...spellings(all).keys()].slice(0, MOST_TAGS);
  return all.filter((one) => (one.says === "tag" ? taken.includes(one.value.toLowerCase()) : one === last[one.says]));
}

/** By what they are without case, each as it was written first. */
function spellings(all) {
  const tags = new Map();
  for (const { says, value } of all) if (says === "tag" && !tags.has(value.toLowerCase())) tags.set(value.toLowerCase(), value);
  return tags;
}

/** What is left. */
function taskOf(line, chosen) {
  let end = 0;
  let task = "";
  for (const one of [...chosen, { start: line.length }]) {
    task += line.slice(end, one.start).replace(MARKS, "$<inner>");
    end = one.end;
  }
  return task.replace(/\s+/g, " ").trim();
}

/** Without a day it is the first one on which the recurrence falls, and whose time is not over. */
function dueOf({ day, time, recurrence }, zone, now) {
  if (!day && !time && !recurrence) return {};
  const weekday = WEEKDAYS.indexOf(recurrence?.split("BYDAY=")[1]);
  const isOver = (some) => Boolean(time) && new Date(instantOf(some, time, zone)) < now;
  const coming = Array.from({ length: 8 }, (_, index) => plusDays(today(zone, now), index));
  const first = day ?? coming.find((some) => (weekday < 0 || weekdayOf(some) === weekday) && !isOver(some));
  return time ? { due_at: instantOf(first, time, zone) } : { due_on: first };
}
