import { say } from "./notices.js";
import { text } from "./text.js";

/** What `load()` imports. Where that fails the person is told, with a button for `again()`. */
export async function loaded(load, again) {
  try {
    return await load();
  } catch (error) {
    console.debug(error);
    say(text("core.not_loaded"), { kind: "bad", action: { name: text("core.again"), act: again } });
    return undefined;
  }
}

/** The function `name` of a module that is loaded with the first call. While it is, other calls are none: somebody clicks twice. */
export function later(load, name) {
  let isLoading = false;
  return async function call(...values) {
    if (isLoading) return undefined;
    isLoading = true;
    const module = await loaded(load, () => call(...values));
    isLoading = false;
    return module?.[name](...values);
  };
}
