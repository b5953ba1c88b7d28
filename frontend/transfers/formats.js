/** The formats of files of todos. */

import { text } from "../core/text.js";

const ENDINGS = [
  ["csv", /\.csv$/i],
  ["json", /\.json$/i],
  ["ics", /\.(ics|ical|ifb)$/i],
  ["todotxt", /\.txt$/i],
];

/** What there is to choose from, as pairs of a format and its words. */
export const formats = () => ["csv", "json", "todotxt", "ics"].map((format) => [format, text(`transfers.${format}`)]);

/** The format that a file seems to have by its name; undefined where it says nothing. */
export const formatOf = (name) => ENDINGS.find(([, ending]) => ending.test(name))?.[0];
