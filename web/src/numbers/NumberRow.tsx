import type { ReactTable, Row } from "@tanstack/react-table";
import type { NumberRowFragment } from "../generated/graphql";
import { written } from "../phone";
import { ActiveRowContext, isOwned } from "./actions";
import type { features } from "./columns";

interface Props {
  row: Row<typeof features, NumberRowFragment>;
  table: Pick<ReactTable<typeof features, NumberRowFragment>, "FlexRender">;
  index: number;
  active: boolean;
  activate: (id: string) => void;
  measure: (element: Element | null) => void;
}

export function NumberRow({ row, table, index, active, activate, measure }: Props) {
  return (
    <tr
      ref={measure}
      data-index={index}
      data-row={row.id}
      data-access={isOwned(row.original) ? "owned" : "borrowed"}
      aria-rowindex={index + 2}
      aria-label={written(row.original.e164)}
      tabIndex={active ? 0 : -1}
      onFocus={() => activate(row.id)}
    >
      <ActiveRowContext value={active}>
        {row.getAllCells().map((cell) => (
          <td key={cell.id} className={`col-${cell.column.id}`} data-label={String(cell.column.columnDef.header)}>
            <table.FlexRender cell={cell} />
          </td>
        ))}
      </ActiveRowContext>
    </tr>
  );
}
