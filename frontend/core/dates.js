/**
 * Days and instants on the calendar of a time zone.
 *
 * day      "2026-12-24"
 * time     "17:00", by the clock on the wall
 * zone     a name of the IANA database, such as "Europe/Berlin"
 * instant  RFC 3339, such as "2026-12-24T16:00:00Z"
 */

import { language } from "./text.js";

const MINUTE = 60_000; // milliseconds
const DAY = 24 * 60 * MINUTE;
const SOME_MONDAY = "2024-01-01";
const FORMATS = {
  offset: { timeZoneName: "longOffset" },
  weekday: { weekday: "long" },
  weekdayShort: { weekday: "short" },
  month: { month: "long" },
  date: { day: "numeric", month: "short" },
  dateOfYear: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  moment: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
};

export const today = (zone, now = new Date()) => dayAndTime(now, zone).day;

export const plusDays = (day, count) => dayOf(Date.parse(day) + count * DAY);

export function isDay(text) {
  const start = Date.parse(text);
  return !Number.isNaN(start) && dayOf(start) === text;
}

/** 0 is Monday. */
export const weekdayOf = (day) => (new Date(day).getUTCDay() + 6) % 7;

/** From Monday on. */
export function weekdays(locale = language(), { short = false } = {}) {
  const format = formatter(short ? "weekdayShort" : "weekday", "UTC", locale);
  return Array.from({ length: 7 }, (_, index) => format.format(Date.parse(plusDays(SOME_MONDAY, index))));
}

export function months(locale = language()) {
  return Array.from({ length: 12 }, (_, index) => formatter("month", "UTC", locale).format(Date.UTC(2024, index)));
}

/** In UTC. As the service has it, a time that the clocks skip is moved on, and of one that comes twice the first is meant. */
export function instantOf(day, time, zone) {
  const local = Date.parse(`${day}T${time}Z`);
  const [before, after] = [offset(local - DAY, zone), offset(local + DAY, zone)];
  const isNewOffset = offset(local - before, zone) !== before && offset(local - after, zone) === after;
  return new Date(local - (isNewOffset ? after : before)).toISOString().replace(".000Z", "Z");
}

export function dayAndTime(instant, zone) {
  const start = new Date(instant).getTime();
  const [day, time] = new Date(start + offset(start, zone)).toISOString().split("T");
  return { day, time: time.slice(0, 5) };
}

/** In words as near to today as they allow, else a date. */
export function dayText(day, zone, now = new Date()) {
  const start = Date.parse(day);
  const current = today(zone, now);
  const distance = (start - Date.parse(current)) / DAY;
  if (Math.abs(distance) <= 1) return relative(language()).format(distance, "day");
  if (distance > 0 && distance < 7) return formatter("weekday", "UTC").format(start);
  const isThisYear = day.slice(0, -6) === current.slice(0, -6);
  return formatter(isThisYear ? "date" : "dateOfYear", "UTC").format(start);
}

/** In words; "" where it is not due. */
export function dueText(todo, zone, now = new Date()) {
  if (todo.due_on) return dayText(todo.due_on, zone, now);
  if (!todo.due_at) return "";
  const { day } = dayAndTime(todo.due_at, zone);
  return `${dayText(day, zone, now)} ${formatter("time", zone).format(new Date(todo.due_at))}`;
}

export function isOverdue(todo, zone, now = new Date()) {
  if (todo.done) return false;
  if (todo.due_on) return todo.due_on < today(zone, now);
  return Boolean(todo.due_at) && new Date(todo.due_at) < now;
}

export const momentText = (instant, zone) => formatter("moment", zone).format(new Date(instant));

const dayOf = (milliseconds) => new Date(milliseconds).toISOString().split("T")[0];

/** What its clocks are ahead of UTC, in milliseconds. */
function offset(instant, zone) {
  const [, sign, ...parts] = formatter("offset", zone, "en")
    .format(instant)
    .match(/GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/);
  const [hours, minutes, seconds] = parts.map((part) => Number(part ?? 0));
  return (sign === "-" ? -1 : 1) * ((hours * 60 + minutes) * MINUTE + seconds * 1000);
}

// Intl takes longer to make one than to use it a hundred times.
const formatters = new Map();

function formatter(name, zone, locale = language()) {
  const key = `${name} ${zone} ${locale}`;
  if (!formatters.has(key)) formatters.set(key, newFormatter(locale, { ...FORMATS[name], timeZone: zone }));
  return formatters.get(key);
}

/** This browser may be too old for a zone: then that of its machine has to do. */
function newFormatter(locale, options) {
  try {
    return new Intl.DateTimeFormat(locale, options);
  } catch {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: undefined });
  }
}

const relatives = new Map();

function relative(locale) {
  if (!relatives.has(locale)) relatives.set(locale, new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
  return relatives.get(locale);
}
