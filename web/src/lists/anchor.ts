import type { PageArguments } from "./PageStore";

/** Where the list starts, as the address has it. */
export function anchorOf(search: URLSearchParams, size: number): PageArguments {
  const after = search.get("after");
  const before = search.get("before");
  if (after) return { first: size, after };
  if (before !== null) return before ? { last: size, before } : { last: size };
  return { first: size };
}
