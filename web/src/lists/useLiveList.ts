import { useCallback, useEffect, useRef, useState } from "react";

const DEBOUNCE_MS = 250;

interface List {
  pageCount: number;
  reload: () => Promise<void>;
}

/**
 * Reloads a list after changes made elsewhere, once for a burst of them. A list longer than `pages` is not reloaded by
 * itself, since its rows would move while somebody reads them: `isStale` lets the page offer a reload.
 */
export function useLiveList(list: List, pages: number) {
  const [isStale, setOutdated] = useState(false);
  const [version, setVersion] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const reload = useCallback(() => {
    setOutdated(false);
    setVersion((before) => before + 1);
    void list.reload();
  }, [list]);

  const scheduleReload = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (list.pageCount <= pages ? reload() : setOutdated(true)), DEBOUNCE_MS);
  }, [list, pages, reload]);

  return { isStale, version, scheduleReload, reload };
}
