import { useVirtualizer } from "@tanstack/react-virtual";
import { type UIEvent, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import type { PageStore } from "./PageStore";
import type { Jump } from "./useJump";
import { useMedia } from "./useMedia";

interface Options {
  /** Which list the rows are of: one that is replaced by another starts anew. */
  list: object;
  ids: readonly string[];
  row: number;
  card: number;
  store: Pick<PageStore<never, never, never>, "watch" | "loadMore">;
  jump: Jump | null;
  /** Told the row that is on top, as one scrolls. */
  onTop: (index: number) => void;
}

const NEAR_THE_END = 25;

/** Virtual rows in a scrolling box: loads on as the end comes near, and stays put where rows are put before. */
export function useRows({ list, ids, row, card, store, jump, onTop }: Options) {
  const box = useRef<HTMLDivElement>(null);
  const narrow = useMedia("(max-width: 760px)");
  const size = narrow ? card : row;
  const keyOf = useCallback((index: number) => ids[index] ?? index, [ids]);
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => box.current,
    estimateSize: () => size,
    getItemKey: keyOf,
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, size]);

  const items = virtualizer.getVirtualItems();
  const firstShown = items[0]?.index ?? 0;
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    store.watch(firstShown, lastShown);
    if (ids.length > 0 && lastShown >= ids.length - NEAR_THE_END) store.loadMore();
  }, [firstShown, lastShown, ids, store]);

  const before = useRef({ list, ids });
  useLayoutEffect(() => {
    const was = before.current;
    before.current = { list, ids };
    if (was.list === list && box.current) box.current.scrollTop += shift(was.ids, ids) * size;
  }, [list, ids, size]);

  useEffect(() => {
    if (jump) virtualizer.scrollToIndex(jump.index, { align: "start" });
  }, [jump]);
  const onScroll = ({ currentTarget }: UIEvent<HTMLElement>) =>
    onTop(virtualizer.getVirtualItemForOffset(currentTarget.scrollTop)?.index ?? 0);

  const above = items[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  return { box, virtualizer, items, above, below, onScroll };
}

/** How many rows were put before those that were there, or taken away from before them. */
function shift(before: readonly string[], now: readonly string[]): number {
  const [first] = before;
  const [head] = now;
  if (first === undefined || head === undefined || first === head) return 0;
  const put = now.indexOf(first);
  return put > 0 ? put : -Math.max(before.indexOf(head), 0);
}
