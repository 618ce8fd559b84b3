import { expect, test } from "vitest";
import { pageFromSearch, withPage } from "./pageAddress";

test.each([{ first: 50 }, { first: 50, after: "abc" }, { last: 50 }, { last: 50, before: "abc" }])(
  "%j survives the address",
  (page) => {
    const search = withPage(new URLSearchParams("q=206&after=old&before=old"), page);
    expect(pageFromSearch(search, 50)).toEqual(page);
    expect(search.get("q")).toBe("206");
  },
);
