import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useMedia } from "./useMedia";

interface Options {
  /** Which list the rows are of: one that is replaced by another starts anew. */
  list: object;
  ids: readonly string[];
  row: number;
  card: number;
  loadMore: () => void;
}

const NEAR_THE_END = 25;

/** Virtual rows in a scrolling box: loads on as the end comes near, and stays put where rows are put before. */
export function useRows({ list, ids, row, card, loadMore }: Options) {
  const box = useRef<HTMLDivElement>(null);
  const narrow = useMedia("(max-width: 760px)");
  const size = narrow ? card : row;
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => box.current,
    estimateSize: () => size,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, size]);

  const items = virtualizer.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (ids.length > 0 && lastShown >= ids.length - NEAR_THE_END) loadMore();
  }, [lastShown, ids.length, loadMore]);

  const before = useRef({ list, first: ids[0] });
  useLayoutEffect(() => {
    const { first, list: was } = before.current;
    const put = first !== undefined && was === list ? ids.indexOf(first) : 0;
    if (put > 0 && box.current) box.current.scrollTop += put * size;
    before.current = { list, first: ids[0] };
  }, [list, ids, size]);

  const above = items[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  return { box, virtualizer, items, above, below };
}
