import { CombinedError } from "urql";
import { expect, test } from "vitest";
import { type Page, isSamePage, summarize } from "./pages";

interface Row {
  id: string;
}

function page(after: string | undefined, ids: string[] | null, hasNextPage = true): Page<Row> {
  const anchor = after ? { first: 2, after } : { first: 2 };
  const pageInfo = {
    hasNextPage,
    hasPreviousPage: after !== undefined,
    startCursor: ids?.[0] ?? null,
    endCursor: null,
  };
  const connection = ids && { nodes: ids.map((id) => ({ id })), pageInfo };
  return { anchor, args: anchor, unsubscribe: null, ...(connection && { connection }) };
}

test("pages are the same if their arguments are", () => {
  expect(isSamePage({ first: 50, after: "x" }, { first: 50, after: "x" })).toBe(true);
  expect(isSamePage({ first: 50 }, { last: 50 })).toBe(false);
});

test("joins the rows of its pages, and says where each begins", () => {
  const { nodes, starts, before, after } = summarize([page(undefined, ["a", "b"]), page("b", ["c"], false)]);
  expect(nodes.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(starts.map(({ index }) => index)).toEqual([0, 2]);
  expect(before?.hasPreviousPage).toBe(false);
  expect(after?.hasNextPage).toBe(false);
});

test("a row that moved to the next page is shown once", () => {
  const { nodes } = summarize([page(undefined, ["a", "b"]), page("b", ["b", "c"])]);
  expect(nodes.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test("is loading while a page is neither there nor failed", () => {
  const error = new CombinedError({ networkError: new Error("offline") });
  expect(summarize([page(undefined, ["a"]), page("a", null)]).loading).toBe(true);
  const failed = summarize([page(undefined, ["a"]), { ...page("a", null), error }]);
  expect(failed.loading).toBe(false);
  expect(failed.error).toBe(error);
});
