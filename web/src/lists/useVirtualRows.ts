import { useVirtualizer } from "@tanstack/react-virtual";
import { type UIEvent, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import type { PageStore } from "./PageStore";
import type { ScrollTarget } from "./useScrollTarget";
import { useMediaQuery } from "./useMediaQuery";

interface Options {
  /** Identifies the list that the rows belong to: another list starts at its own position. */
  list: object;
  ids: readonly string[];
  rowHeight: number;
  cardHeight: number;
  store: Pick<PageStore<never, never, never>, "setVisibleRows" | "loadMore">;
  scrollTarget: ScrollTarget | null;
  /** Called on scroll with the index of the top row. */
  onTopRowChange: (index: number) => void;
}

const LOAD_MORE_WITHIN_ROWS = 25;

/** Renders only the visible rows. Loads more near the end, and keeps its position when rows are inserted before. */
export function useVirtualRows({ list, ids, rowHeight, cardHeight, store, scrollTarget, onTopRowChange }: Options) {
  const scrollBox = useRef<HTMLDivElement>(null);
  const narrow = useMediaQuery("(max-width: 760px)");
  const size = narrow ? cardHeight : rowHeight;
  const keyOf = useCallback((index: number) => ids[index] ?? index, [ids]);
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scrollBox.current,
    estimateSize: () => size,
    getItemKey: keyOf,
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, size]);

  const items = virtualizer.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    store.setVisibleRows(firstShown, lastShown);
    if (ids.length > 0 && lastShown >= ids.length - LOAD_MORE_WITHIN_ROWS) store.loadMore();
  }, [firstShown, lastShown, ids, store]);

  const before = useRef({ list, ids });
  useLayoutEffect(() => {
    const was = before.current;
    before.current = { list, ids };
    if (was.list === list && scrollBox.current) scrollBox.current.scrollTop += rowsInsertedBefore(was.ids, ids) * size;
  }, [list, ids, size]);

  useEffect(() => {
    if (scrollTarget) virtualizer.scrollToIndex(scrollTarget.index, { align: "start" });
  }, [virtualizer, scrollTarget]);
  const onScroll = ({ currentTarget }: UIEvent<HTMLElement>) =>
    onTopRowChange(virtualizer.getVirtualItemForOffset(currentTarget.scrollTop)?.index ?? 0);

  const spaceAbove = items[0]?.start ?? 0;
  const spaceBelow = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  return { scrollBox, virtualizer, items, spaceAbove, spaceBelow, onScroll };
}

/** Returns how many rows were inserted before the old ones; negative if rows were removed. */
export function rowsInsertedBefore(before: readonly string[], now: readonly string[]): number {
  const [first] = before;
  const [head] = now;
  if (first === undefined || head === undefined || first === head) return 0;
  const put = now.indexOf(first);
  return put > 0 ? put : Math.min(-before.indexOf(head), 0);
}
