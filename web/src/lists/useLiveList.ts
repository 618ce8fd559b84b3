import { useCallback, useEffect, useRef, useState } from "react";

const PAUSE = 250;

interface List {
  pageCount: number;
  reload: () => Promise<void>;
}

/**
 * Brings a list up to date after changes made elsewhere, once for a burst of them. A list that is longer than `pages` is
 * not moved under one's hands: `outdated` offers it.
 */
export function useLiveList(list: List, pages: number) {
  const [outdated, setOutdated] = useState(false);
  const [version, setVersion] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const bringUpToDate = useCallback(() => {
    setOutdated(false);
    setVersion((before) => before + 1);
    void list.reload();
  }, [list]);

  const consider = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (list.pageCount <= pages ? bringUpToDate() : setOutdated(true)), PAUSE);
  }, [list, pages, bringUpToDate]);

  return { outdated, version, consider, bringUpToDate };
}
