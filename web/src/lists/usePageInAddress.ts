import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { pageFromSearch, withPage } from "./pageAddress";
import { type PageArguments, type Snapshot, isSamePage } from "./pages";

const DEBOUNCE_MS = 250;

/**
 * Keeps the page that is scrolled to in the address, so that it can be shared. Where something else changes the address (a
 * link, a button, the browser's history), `target` becomes the page to scroll to.
 */
export function usePageInAddress(size: number) {
  const [search, setSearch] = useSearchParams();
  const anchor = useMemo(() => pageFromSearch(search, size), [search, size]);
  const [seen, setSeen] = useState<PageArguments>(anchor);
  const [followed, setFollowed] = useState<PageArguments>(anchor);
  const [target, setTarget] = useState<PageArguments>(anchor);
  if (!isSamePage(anchor, seen)) {
    setSeen(anchor);
    if (!isSamePage(anchor, followed)) {
      setFollowed(anchor);
      setTarget(anchor);
    }
  }

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), [target]);
  const followScroll = useCallback(
    (starts: Snapshot<unknown>["starts"], row: number) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        const page = starts.findLast(({ index }) => index <= row)?.page;
        if (!page || isSamePage(page, followed)) return;
        setFollowed(page);
        setSearch((old) => withPage(old, page), { replace: true });
      }, DEBOUNCE_MS);
    },
    [followed, setSearch],
  );
  return { anchor, target, followScroll };
}
