import { isDay, months, plusDays, weekdayOf, weekdays } from "../core/dates.js";
import { language, words } from "../core/text.js";
import { WEEKDAYS } from "./recurrence.js";

const DAYS_AWAY = { today: 0, tomorrow: 1, after_tomorrow: 2, next_week: 7 };
const UNIT_DAYS = { DAILY: 1, WEEKLY: 7 };
const HALVES = { am: 0, pm: 12 }; // hours
const LEAP_YEARS_APART = 8; // at the most: 2096 and 2104
const YEAR = String.raw`(?<year>[12]\d{3})`;
const DATES = {
  en: String.raw`(?<month>\d{1,2})\/(?<day>\d{1,2})(?:\/${YEAR})?`,
  de: String.raw`(?<day>\d{1,2})\.(?<month>\d{1,2})\.${YEAR}?`,
};
const made = new Map();

/**
 * The phrases of the language in use and of English, each `{ says, pattern, read }`: what it says, a sticky regular expression for
 * where a word begins, and `read(groups, today)`, which gives a day, a time, an RRULE, a priority or a tag; or undefined for none
 * after all, such as the 30th of February.
 */
export function phrases() {
  if (!made.has(language())) made.set(language(), phrasesOf([...new Set([language(), "en"])]));
  return made.get(language());
}

function phrasesOf(languages) {
  const spoken = words("one_line");
  return [
    phrase("tag", String.raw`#(?<tag>[\p{L}\p{M}\p{N}_-]{1,50})`, ({ tag }) => tag),
    phrase("priority", String.raw`!(?<word>\p{L}+)`, ({ word }) => priorityOf(word, spoken.priorities)),
    ...recurrences(spoken, languages),
    ...days(spoken, languages),
    ...dates(spoken, languages),
    ...times(spoken),
  ];
}

function recurrences({ every, units }, languages) {
  const [long, short] = [weekdayNames(languages), weekdayNames(languages, { short: true })];
  const names = Object.fromEntries(WEEKDAYS.map((weekday) => [weekday, `${long[weekday]}|${short[weekday]}`]));
  return [
    phrase("recurrence", String.raw`(?:${every})\s+(?:(?<count>[1-9]\d?)\s+)?(?:${oneOf(units)})`, (groups) => {
      const frequency = `FREQ=${named(groups, units)}`;
      return groups.count > 1 ? `${frequency};INTERVAL=${groups.count}` : frequency;
    }),
    phrase("recurrence", String.raw`(?:${every})\s+(?:${oneOf(names)})`, (groups) => `FREQ=WEEKLY;BYDAY=${named(groups, names)}`),
  ];
}

function days({ lead, next, within, one, days: near, units }, languages) {
  const [long, short] = [weekdayNames(languages), weekdayNames(languages, { short: true })];
  const comingWeekday = (groups, today) => {
    const weekday = WEEKDAYS.indexOf(named(groups, long));
    return plusDays(today, ((weekday - weekdayOf(today) + 6) % 7) + 1);
  };
  const { DAILY, WEEKLY } = units;
  return [
    phrase("day", `${before(lead)}(?:${oneOf(near)})`, (groups, today) => plusDays(today, DAYS_AWAY[named(groups, near)])),
    phrase("day", `${before(`${lead}|${next}`)}(?:${oneOf(long)})`, comingWeekday),
    // Without a word that leads there, "sun" is what shines.
    phrase("day", `${before(`${lead}|${next}`, 1)}(?:${oneOf(short)})`, comingWeekday),
    phrase("day", String.raw`(?:${within})\s+(?:(?<count>\d{1,3})|${one})\s+(?:${oneOf({ DAILY, WEEKLY })})`, (groups, today) =>
      plusDays(today, (groups.count ?? 1) * UNIT_DAYS[named(groups, UNIT_DAYS)]),
    ),
  ];
}

function dates({ lead }, languages) {
  const names = languages.map((code) => months(code).map((name) => name.toLowerCase()));
  const read = ({ year, month, day }, today) => comingDate(year, month, day, today);
  const readName = ({ year, name, day }, today) => comingDate(year, monthOf(name, names), day, today);
  const number = String.raw`(?<day>\d{1,2})(?:st|nd|rd|th|\.)?`;
  const name = String.raw`(?<name>\p{L}{3,9})\.?`;
  return [
    phrase("day", String.raw`${before(lead)}${YEAR}-(?<month>\d\d)-(?<day>\d\d)`, read),
    phrase("day", String.raw`${before(lead)}${number}\s+${name}(?:,?\s+${YEAR})?`, readName),
    phrase("day", String.raw`${before(lead)}${name}\s+${number}(?:,?\s+${YEAR})?`, readName),
    phrase("day", `${before(lead)}${DATES[languages[0]]}`, read),
  ];
}

function times({ lead, clock }) {
  return [
    phrase("time", String.raw`${before(lead)}(?<hour>\d{1,2})(?:[:.](?<minute>\d\d))?\s?(?<half>${clock})`, timeOf),
    phrase("time", String.raw`${before(lead)}(?<hour>\d{1,2}):(?<minute>\d\d)`, timeOf),
  ];
}

/** A comma or a full stop behind a word belongs to it. */
const phrase = (says, source, read) => ({
  says,
  pattern: new RegExp(`(?:${source.replaceAll(" ", "\\s+")})[,;.!]?(?=\\s|$)`, "iuy"),
  read,
});

/** Up to two of the words before what they lead to: "due on". */
const before = (lead, least = 0) => `(?:(?:${lead})\\s+){${least},2}`;

const oneOf = (table) =>
  Object.entries(table)
    .map(([name, choice]) => `(?<${name}>${choice})`)
    .join("|");

const named = (groups, table) => Object.keys(table).find((name) => groups[name] !== undefined);

function weekdayNames(languages, options) {
  const names = languages.map((code) => weekdays(code, options));
  return Object.fromEntries(WEEKDAYS.map((weekday, index) => [weekday, names.map((some) => some[index]).join("|")]));
}

/** By its name or the beginning of it. */
function monthOf(name, names) {
  const beginning = name.toLowerCase();
  return Math.max(...names.map((some) => some.findIndex((month) => month.startsWith(beginning)))) + 1;
}

/** Without a year, the next one that there is. */
function comingDate(year, month, day, today) {
  const current = Number(today.slice(0, 4));
  const years = year ? [year] : Array.from({ length: LEAP_YEARS_APART + 1 }, (_, index) => current + index);
  const candidates = years.map((some) => [some, month, day].map((part) => String(part).padStart(2, "0")).join("-"));
  return candidates.find((date) => isDay(date) && (year || date >= today));
}

function timeOf({ hour, minute = "00", half = "" }) {
  const after = HALVES[half.toLowerCase()];
  if (after !== undefined && (hour < 1 || hour > 12)) return undefined;
  const hours = after === undefined ? Number(hour) : (hour % 12) + after;
  return hours < 24 && minute < 60 ? `${String(hours).padStart(2, "0")}:${minute}` : undefined;
}

function priorityOf(word, priorities) {
  const isBegun = ([, names]) => names.split("|").some((name) => name.startsWith(word.toLowerCase()));
  return Object.entries(priorities).find(isBegun)?.[0];
}
