import type { PhoneNumberFilter, PhoneNumberOrder, PhoneNumberOrderField } from "../generated/graphql";

// A view of the table is its address: every part of it is read from and written to the search parameters.

export const FILTER_OPTIONS = {
  access: { label: "Access", values: { owned: "Owned", shared: "Borrowed" } },
  shareable: { label: "Sharing", values: { yes: "Shareable", no: "Not shareable" } },
  capable: { label: "Dialing out", values: { yes: "Can dial out", no: "Cannot dial out" } },
  outbound: { label: "Outbound agent", values: { yes: "Outbound assigned", no: "Outbound empty" } },
  inbound: { label: "Inbound agent", values: { yes: "Inbound assigned", no: "Inbound empty" } },
} as const;

export type FilterName = keyof typeof FILTER_OPTIONS;
export const FILTER_PARAMS = ["q", ...Object.keys(FILTER_OPTIONS), "trunk", "agent"] as const;

const ORDER_FIELDS: Record<string, PhoneNumberOrderField> = {
  number: "E164",
  created: "CREATED_AT",
  updated: "UPDATED_AT",
};

export interface NumberListView {
  filter: PhoneNumberFilter;
  orderBy: PhoneNumberOrder;
  sort: string;
  size: 50 | 100;
  filtered: boolean;
}

export function readNumberListView(search: URLSearchParams): NumberListView {
  const sort = search.get("sort") ?? "number";
  return {
    filter: readNumberFilter(search),
    orderBy: {
      field: ORDER_FIELDS[sort.replace(/^-/, "")] ?? "E164",
      direction: sort.startsWith("-") ? "DESC" : "ASC",
    },
    sort,
    size: search.get("size") === "100" ? 100 : 50,
    filtered: FILTER_PARAMS.some((name) => search.get(name)),
  };
}

function readNumberFilter(search: URLSearchParams): PhoneNumberFilter {
  const filter: PhoneNumberFilter = {};
  const access = search.get("access");
  if (access === "owned" || access === "shared") filter.access = access === "owned" ? "OWNED" : "SHARED";
  const q = search.get("q")?.trim();
  if (q) filter.e164Contains = q;
  const shareable = yesOrNo(search.get("shareable"));
  if (shareable !== null) filter.shareable = shareable;
  const capable = yesOrNo(search.get("capable"));
  if (capable !== null) filter.outboundCapable = capable;
  const outbound = yesOrNo(search.get("outbound"));
  if (outbound !== null) filter.outboundAssigned = outbound;
  const inbound = yesOrNo(search.get("inbound"));
  if (inbound !== null) filter.inboundAssigned = inbound;
  const trunk = search.get("trunk");
  if (trunk) filter.trunkId = trunk;
  const agent = search.get("agent");
  if (agent) filter.agentId = agent;
  return filter;
}

function yesOrNo(value: string | null): boolean | null {
  return value === "yes" ? true : value === "no" ? false : null;
}

export function withoutFilters(search: URLSearchParams): URLSearchParams {
  [...FILTER_PARAMS, "after", "before"].forEach((name) => search.delete(name));
  return search;
}
