import { type SortingState, useTable } from "@tanstack/react-table";
import { useEffect, useMemo } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import { useRoving } from "../lists/useRoving";
import { useRows } from "../lists/useRows";
import { isOwned, useActions } from "./actions";
import { columns, features } from "./columns";
import { NumberRow } from "./NumberRow";
import { SortableHeader } from "./SortableHeader";

interface Props {
  list: object;
  numbers: readonly NumberRowFragment[];
  sort: string;
  setSort: (sort: string) => void;
  hasMore: boolean;
  loadMore: () => void;
  onTop: (index: number) => void;
  /** The row to go to, whenever this is another object. */
  jump: { index: number } | null;
}

export function NumberTable({ list, numbers, sort, setSort, hasMore, loadMore, onTop, jump }: Props) {
  const sorting = useMemo<SortingState>(() => [{ id: sort.replace("-", ""), desc: sort.startsWith("-") }], [sort]);
  const table = useTable({
    features,
    columns,
    data: numbers,
    getRowId: (number) => number.id,
    manualSorting: true,
    enableSortingRemoval: false,
    state: { sorting },
    onSortingChange: (change) => {
      const [next] = typeof change === "function" ? change(sorting) : change;
      if (next) setSort(next.desc ? `-${next.id}` : next.id);
    },
  });
  const ids = useMemo(() => numbers.map(({ id }) => id), [numbers]);
  const { box, virtualizer, items, above, below } = useRows({ list, ids, row: 41, card: 120, loadMore });
  const roving = useRoving({ box, ids, scrollTo: (index) => virtualizer.scrollToIndex(index), keys: useKeys(numbers) });
  const rows = table.getRowModel().rows;
  useEffect(() => {
    if (jump) virtualizer.scrollToIndex(jump.index, { align: "start" });
  }, [jump]);

  return (
    <div
      ref={box}
      className="table-box"
      onKeyDown={roving.onKeyDown}
      onScroll={() => onTop(virtualizer.getVirtualItemForOffset(virtualizer.scrollOffset ?? 0)?.index ?? 0)}
    >
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
          <tr className="spacer" aria-hidden="true" style={{ height: above }} />
          {items.map(({ index }) => {
            const row = rows[index];
            return row ? (
              <NumberRow
                key={row.id}
                row={row}
                index={index}
                table={table}
                active={row.id === roving.current}
                activate={roving.activate}
                measure={virtualizer.measureElement}
              />
            ) : null;
          })}
          <tr className="spacer" aria-hidden="true" style={{ height: below }} />
        </tbody>
      </table>
    </div>
  );
}

function useKeys(numbers: readonly NumberRowFragment[]): Record<string, (id: string) => void> {
  const { editSlots, switchSharing } = useActions();
  const onOwned = (act: ((number: NumberRowFragment) => void) | null) => (id: string) => {
    const number = numbers.find((one) => one.id === id);
    if (number && isOwned(number)) act?.(number);
  };
  return { Enter: onOwned(editSlots), s: onOwned(switchSharing) };
}
