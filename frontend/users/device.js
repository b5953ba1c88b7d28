import { text } from "../core/text.js";

// The first that is found counts: many browsers name others beside themselves.
const BROWSERS = [
  [/\bEdg/, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bChrom(e|ium)\/|\bCriOS\/|HeadlessChrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Macintosh|Mac OS X/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** "Firefox on Windows", or the name of a program such as "curl". */
export function device(userAgent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([sign]) => sign.test(userAgent))?.[1]);
  const program = browser ?? userAgent.split(/[/ ]/)[0];
  if (!program) return text("users.unknown_device");
  return system ? text("users.device", { program, system }) : program;
}
