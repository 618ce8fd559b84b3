import { createColumnHelper, rowSortingFeature, tableFeatures } from "@tanstack/react-table";
import type { NumberRowFragment } from "../generated/graphql";
import { RelativeTime } from "../shell/RelativeTime";
import { NumberCell, OwnerCell, SharingCell, SlotCell, TrunkCell } from "./cells";

export const features = tableFeatures({ rowSortingFeature });

const column = createColumnHelper<typeof features, NumberRowFragment>();

/** The server sorts: a column is sortable if the API can order by it, and its id is the value of `sort` in the address. */
export const columns = column.columns([
  column.accessor("e164", {
    id: "number",
    header: "Number",
    enableSorting: true,
    cell: ({ row }) => <NumberCell number={row.original} />,
  }),
  column.display({
    id: "owner",
    header: "Owner",
    enableSorting: false,
    cell: ({ row }) => <OwnerCell number={row.original} />,
  }),
  column.display({
    id: "inbound",
    header: "Inbound agent",
    enableSorting: false,
    cell: ({ row }) => <SlotCell number={row.original} direction="INBOUND" />,
  }),
  column.display({
    id: "outbound",
    header: "Outbound agent",
    enableSorting: false,
    cell: ({ row }) => <SlotCell number={row.original} direction="OUTBOUND" />,
  }),
  column.display({
    id: "trunk",
    header: "Trunk",
    enableSorting: false,
    cell: ({ row }) => <TrunkCell number={row.original} />,
  }),
  column.accessor("updatedAt", {
    id: "updated",
    header: "Changed",
    enableSorting: true,
    sortDescFirst: true,
    cell: ({ row }) => <RelativeTime at={row.original.updatedAt} />,
  }),
  column.display({
    id: "sharing",
    header: "Shareable",
    enableSorting: false,
    cell: ({ row }) => <SharingCell number={row.original} />,
  }),
]);
