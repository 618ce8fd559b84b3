import type { MouseEvent } from "react";

/** Tells whether a click opens the row. Modified clicks and clicks on the link are left to the browser. */
export function isPlainClick({ target, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  return !(ctrlKey || metaKey || shiftKey || altKey || (target as Element).closest("a"));
}
