import type { ReactTable, Row } from "@tanstack/react-table";
import type { NumberRowFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { ActiveRowContext, isOwned } from "./actions";
import type { features } from "./columns";

interface Props {
  row: Row<typeof features, NumberRowFragment>;
  table: Pick<ReactTable<typeof features, NumberRowFragment>, "FlexRender">;
  index: number;
  active: boolean;
  onFocusRow: (id: string) => void;
  measure: (element: Element | null) => void;
}

export function NumberRow({ row, table, index, active, onFocusRow, measure }: Props) {
  return (
    <tr
      ref={measure}
      data-index={index}
      data-row={row.id}
      data-access={isOwned(row.original) ? "owned" : "borrowed"}
      aria-rowindex={index + 2}
      aria-label={formatPhoneNumber(row.original.e164)}
      tabIndex={active ? 0 : -1}
      onFocus={() => onFocusRow(row.id)}
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
