import { type SortingState, useTable } from "@tanstack/react-table";
import { useMemo } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import type { ScrollTarget } from "../lists/useScrollTarget";
import { useRovingTabIndex } from "../lists/useRovingTabIndex";
import { useVirtualRows } from "../lists/useVirtualRows";
import { isOwned, useNumberActions } from "./actions";
import { columns, features } from "./columns";
import { NumberRow } from "./NumberRow";
import { SortableHeader } from "./SortableHeader";

interface Props {
  list: object;
  numbers: readonly NumberRowFragment[];
  sort: string;
  setSort: (sort: string) => void;
  hasMore: boolean;
  store: Pick<PageStore<never, never, never>, "setVisibleRows" | "loadMore">;
  onTopRowChange: (index: number) => void;
  scrollTarget: ScrollTarget | null;
}

export function NumberTable({ list, numbers, sort, setSort, hasMore, store, onTopRowChange, scrollTarget }: Props) {
  const ids = useMemo(() => numbers.map(({ id }) => id), [numbers]);
  const { scrollBox, virtualizer, items, spaceAbove, spaceBelow, onScroll } = useVirtualRows({
    list,
    ids,
    rowHeight: 41,
    cardHeight: 120,
    store,
    scrollTarget,
    onTopRowChange,
  });
  const shown = useMemo(() => items.flatMap(({ index }) => numbers[index] ?? []), [items, numbers]);
  const sorting = useMemo<SortingState>(() => [{ id: sort.replace("-", ""), desc: sort.startsWith("-") }], [sort]);
  const table = useTable({
    features,
    columns,
    data: shown,
    getRowId: (number) => number.id,
    manualSorting: true,
    enableSortingRemoval: false,
    state: { sorting },
    onSortingChange: (change) => {
      const [next] = typeof change === "function" ? change(sorting) : change;
      if (next) setSort(next.desc ? `-${next.id}` : next.id);
    },
  });
  const roving = useRovingTabIndex({
    box: scrollBox,
    ids,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
    keys: useRowKeys(numbers),
  });
  const rows = table.getRowModel().rows;

  return (
    <div ref={scrollBox} className="table-box" onKeyDown={roving.onKeyDown} onScroll={onScroll}>
      <table className="table numbers" aria-label="Phone numbers" aria-rowcount={hasMore ? -1 : numbers.length + 1}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => (
                <SortableHeader key={header.id} header={header} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <tr className="spacer" aria-hidden="true" style={{ height: spaceAbove }} />
          {items.map(({ index }, place) => {
            const row = rows[place];
            return row ? (
              <NumberRow
                key={row.id}
                row={row}
                index={index}
                table={table}
                active={row.id === roving.activeId}
                onFocusRow={roving.setActiveId}
                measure={virtualizer.measureElement}
              />
            ) : null;
          })}
          <tr className="spacer" aria-hidden="true" style={{ height: spaceBelow }} />
        </tbody>
      </table>
    </div>
  );
}

function useRowKeys(numbers: readonly NumberRowFragment[]): Record<string, (id: string) => void> {
  const { editSlots, confirmShareable } = useNumberActions();
  const onOwned = (act: ((number: NumberRowFragment) => void) | null) => (id: string) => {
    const number = numbers.find((one) => one.id === id);
    if (number && isOwned(number)) act?.(number);
  };
  return { Enter: onOwned(editSlots && ((number) => editSlots(number, "INBOUND"))), s: onOwned(confirmShareable) };
}
