import { weekdays } from "../core/dates.js";
import { language, text } from "../core/text.js";

/** From Monday on. */
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/** "every 2 weeks on Monday"; a rule that says more is given as it is. */
export function recurrenceText(rule) {
  const {
    FREQ,
    INTERVAL = "1",
    BYDAY,
    ...more
  } = Object.fromEntries(
    rule
      .toUpperCase()
      .split(";")
      .map((part) => part.split("=")),
  );
  const days = BYDAY?.split(",").map((day) => weekdays()[WEEKDAYS.indexOf(day)]);
  if (Object.keys(more).length || days?.includes(undefined)) return rule;
  const often = text(`recurrence.${FREQ}`, { count: Number(INTERVAL) });
  if (!days) return often;
  const isEach = FREQ === "WEEKLY" && INTERVAL === "1";
  return text(isEach ? "recurrence.each" : "recurrence.on", { often, days: new Intl.ListFormat(language()).format(days) });
}
