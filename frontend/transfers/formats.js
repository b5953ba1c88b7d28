import { text } from "../core/text.js";

const ENDINGS = [
  ["csv", /\.csv$/i],
  ["json", /\.json$/i],
  ["ics", /\.(ics|ical|ifb)$/i],
  ["todotxt", /\.txt$/i],
];

export const formats = () => ["csv", "json", "todotxt", "ics"].map((format) => [format, text(`transfers.${format}`)]);

/** By its name; undefined where that says nothing. */
export const formatOf = (name) => ENDINGS.find(([, ending]) => ending.test(name))?.[0];
