import { type SortingState, useTable } from "@tanstack/react-table";
import { useMemo } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import type { Jump } from "../lists/useJump";
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
  store: Pick<PageStore<never, never, never>, "watch" | "loadMore">;
  onTop: (index: number) => void;
  jump: Jump | null;
}

export function NumberTable({ list, numbers, sort, setSort, hasMore, store, onTop, jump }: Props) {
  const ids = useMemo(() => numbers.map(({ id }) => id), [numbers]);
  const { box, virtualizer, items, above, below, onScroll } = useRows({
    list,
    ids,
    row: 41,
    card: 120,
    store,
    jump,
    onTop,
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
  const roving = useRoving({ box, ids, scrollTo: (index) => virtualizer.scrollToIndex(index), keys: useKeys(numbers) });
  const rows = table.getRowModel().rows;

  return (
    <div ref={box} className="table-box" onKeyDown={roving.onKeyDown} onScroll={onScroll}>
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
          {items.map(({ index }, place) => {
            const row = rows[place];
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
  return { Enter: onOwned(editSlots && ((number) => editSlots(number, "INBOUND"))), s: onOwned(switchSharing) };
}
