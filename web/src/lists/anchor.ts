import type { PageArguments } from "./pages";

/** Where the list starts, as the address has it. */
export function anchorOf(search: URLSearchParams, size: number): PageArguments {
  const after = search.get("after");
  const before = search.get("before");
  if (after) return { first: size, after };
  if (before !== null) return before ? { last: size, before } : { last: size };
  return { first: size };
}

/** The address of the same view at another page. */
export function placed(search: URLSearchParams, page: PageArguments): URLSearchParams {
  search.delete("after");
  search.delete("before");
  if (page.after) search.set("after", page.after);
  if (page.last) search.set("before", page.before ?? "");
  return search;
}
