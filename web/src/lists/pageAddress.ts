import type { PageArguments } from "./pages";

/** Reads the page from the address. */
export function pageFromSearch(search: URLSearchParams, size: number): PageArguments {
  const after = search.get("after");
  const before = search.get("before");
  if (after) return { first: size, after };
  if (before !== null) return before ? { last: size, before } : { last: size };
  return { first: size };
}

/** Writes the page to the address. */
export function withPage(search: URLSearchParams, page: PageArguments): URLSearchParams {
  search.delete("after");
  search.delete("before");
  if (page.after) search.set("after", page.after);
  if (page.last) search.set("before", page.before ?? "");
  return search;
}
