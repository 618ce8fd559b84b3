import { useState } from "react";
import { type PageArguments, type Snapshot, isSamePage } from "./pages";

export interface ScrollTarget {
  list: object;
  targetPage: PageArguments;
  index: number;
}

/** Returns the first row of the page that the address was set to, once that page is loaded. */
export function useScrollTarget(
  { shownList, snapshot, isStale }: { shownList: object; snapshot: Snapshot<unknown>; isStale: boolean },
  { target, anchor }: { target: PageArguments; anchor: PageArguments },
) {
  const [last, setLast] = useState<ScrollTarget | null>(null);
  let scrollTarget = last?.list === shownList && last.targetPage === target ? last : null;
  if (!scrollTarget && !isStale) {
    const startOf = (args: PageArguments) => snapshot.starts.find(({ page }) => isSamePage(page, args));
    const start = startOf(target) ?? startOf(anchor);
    if (start?.info) {
      scrollTarget = { list: shownList, targetPage: target, index: start.index };
      setLast(scrollTarget);
    }
  }
  return { scrollTarget, isPending: scrollTarget === null };
}
