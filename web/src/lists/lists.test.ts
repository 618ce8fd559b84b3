import { expect, test } from "vitest";
import { neighbours } from "./Pager";
import type { PageInfo, PageStart } from "./pages";
import { withSearchParam } from "./useSearchParamText";
import { rowsInsertedBefore } from "./useVirtualRows";

const INFO: PageInfo = { hasNextPage: true, hasPreviousPage: true, startCursor: "s", endCursor: "e" };

function start(index: number, after?: string, info: PageInfo | null = INFO): PageStart {
  return { index, page: after ? { first: 50, after } : { first: 50 }, info };
}

test("the pages beside the current one are those that are loaded", () => {
  const starts = [start(0), start(50, "a"), start(100, "b")];
  expect(neighbours(starts, { first: 50, after: "a" })).toEqual({
    previous: { first: 50 },
    next: { first: 50, after: "b" },
  });
});

test("or are found by the cursors of the current one", () => {
  expect(neighbours([start(0, "a")], { first: 50, after: "a" })).toEqual({
    previous: { last: 50, before: "s" },
    next: { first: 50, after: "e" },
  });
});

test("there are none at the ends of the list, or while it loads", () => {
  const none = { previous: null, next: null };
  const only = start(0, undefined, { ...INFO, hasNextPage: false, hasPreviousPage: false });
  expect(neighbours([only], { first: 50 })).toEqual(none);
  expect(neighbours([start(0, undefined, null)], { first: 50 })).toEqual(none);
});

test.each([
  [["a", "b"], ["x", "y", "a", "b"], 2],
  [["a", "b", "c"], ["c"], -2],
  [["a", "b"], ["a", "b", "c"], 0],
  [[], ["a"], 0],
  [["a"], ["z"], 0],
])("from %j to %j, %i rows are inserted before", (before, now, rows) => {
  expect(rowsInsertedBefore(before, now)).toBe(rows);
});

test("a changed parameter starts from the first page", () => {
  const search = () => new URLSearchParams("q=206&after=x");
  expect(String(withSearchParam(search(), "sort", "-number"))).toBe("q=206&sort=-number");
  expect(String(withSearchParam(search(), "q", ""))).toBe("");
});
