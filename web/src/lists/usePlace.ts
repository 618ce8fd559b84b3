import { useCallback, useEffect, useMemo, useRef } from "react";
import { useSearchParams } from "wouter";
import { anchorOf, placed } from "./anchor";
import { type PageArguments, type Snapshot, same } from "./pages";

const PAUSE = 250;

/**
 * The address follows the scrolling, page by page, so that it can be sent to a colleague; and where somebody else writes
 * it (a link, a button, the browser's history), `jump` says that the list is to go there.
 */
export function usePlace(size: number) {
  const [search, setSearch] = useSearchParams();
  const anchor = useMemo(() => anchorOf(search, size), [search, size]);
  const followed = useRef<PageArguments>(anchor);
  const jump = useRef(anchor);
  if (!same(anchor, followed.current)) {
    followed.current = anchor;
    jump.current = anchor;
  }

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const follow = useCallback(
    (starts: Snapshot<unknown>["starts"], index: number) => {
      clearTimeout(timer.current);
      const scheduledAt = followed.current;
      timer.current = setTimeout(() => {
        if (followed.current !== scheduledAt) return;
        const page = starts.findLast(({ at }) => at <= index)?.page;
        if (!page || same(page, followed.current)) return;
        followed.current = page;
        setSearch((old) => placed(old, page), { replace: true });
      }, PAUSE);
    },
    [setSearch],
  );
  return { anchor, jump: jump.current, follow };
}
