import type { Header } from "@tanstack/react-table";
import type { NumberRowFragment } from "../generated/graphql";
import type { features } from "./columns";

const ARIA_SORT = { asc: "ascending", desc: "descending" } as const;

export function SortableHeader({ header }: { header: Header<typeof features, NumberRowFragment> }) {
  const { column } = header;
  const name = String(column.columnDef.header);
  if (!column.getCanSort()) {
    return (
      <th scope="col" className={`col-${column.id}`}>
        {name}
      </th>
    );
  }
  const sorted = column.getIsSorted();
  return (
    <th scope="col" className={`col-${column.id}`} aria-sort={sorted ? ARIA_SORT[sorted] : "none"}>
      <button className="sort-button" onClick={column.getToggleSortingHandler()}>
        {name}
        <span aria-hidden="true" className="sort-mark" data-sorted={sorted || "none"} />
      </button>
    </th>
  );
}
