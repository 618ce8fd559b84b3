import { type ReactNode, useMemo } from "react";
import { useLocation } from "wouter";
import { isPlainClick } from "./isPlainClick";
import type { PageStore } from "./PageStore";
import { useRovingTabIndex } from "./useRovingTabIndex";
import type { ScrollTarget } from "./useScrollTarget";
import { useVirtualRows } from "./useVirtualRows";

/** The rows of a list, and where it stands. */
export interface TableRows<Node extends { id: string }> {
  list: object;
  rows: readonly Node[];
  store: Pick<PageStore<never, never, never>, "setVisibleRows" | "loadMore">;
  onTopRowChange: (index: number) => void;
  scrollTarget: ScrollTarget | null;
}

interface Props<Node extends { id: string }> extends TableRows<Node> {
  className: string;
  label: string;
  /** The class and the title of each column. */
  columns: readonly (readonly [className: string, title: string])[];
  cardHeight: number;
  /** Returns where a row leads to. */
  hrefOf: (id: string) => string;
  cells: (row: Node, href: string) => ReactNode;
}

const ROW_HEIGHT = 41;

/** A table of many rows, each of which leads to a page of its own: by a click, its link, or Enter. */
export function RowTable<Node extends { id: string }>(props: Props<Node>) {
  const { list, rows, store, onTopRowChange, scrollTarget, cardHeight, hrefOf, cells } = props;
  const [, navigate] = useLocation();
  const ids = useMemo(() => rows.map(({ id }) => id), [rows]);
  const { scrollBox, virtualizer, items, spaceAbove, spaceBelow, onScroll } = useVirtualRows({
    list,
    ids,
    rowHeight: ROW_HEIGHT,
    cardHeight,
    store,
    scrollTarget,
    onTopRowChange,
  });
  const open = (id: string) => navigate(hrefOf(id));
  const roving = useRovingTabIndex({
    box: scrollBox,
    ids,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
    keys: { Enter: open },
  });

  return (
    <div ref={scrollBox} className="table-box" onKeyDown={roving.onKeyDown} onScroll={onScroll}>
      <table className={`table ${props.className}`} aria-label={props.label}>
        <Head columns={props.columns} />
        <tbody>
          <tr className="spacer" aria-hidden="true" style={{ height: spaceAbove }} />
          {items.map(({ index }) => {
            const row = rows[index];
            return row ? (
              <tr
                key={row.id}
                ref={virtualizer.measureElement}
                data-index={index}
                data-row={row.id}
                tabIndex={row.id === roving.activeId ? 0 : -1}
                onFocus={() => roving.setActiveId(row.id)}
                onClick={(event) => isPlainClick(event) && open(row.id)}
              >
                {cells(row, hrefOf(row.id))}
              </tr>
            ) : null;
          })}
          <tr className="spacer" aria-hidden="true" style={{ height: spaceBelow }} />
        </tbody>
      </table>
    </div>
  );
}

function Head({ columns }: Pick<Props<never>, "columns">) {
  return (
    <thead>
      <tr>
        {columns.map(([className, title]) => (
          <th key={className} scope="col" className={className}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}
