import type { PhoneNumberFilter, PhoneNumberOrder, PhoneNumberOrderField } from "../generated/graphql";

// A view of the table is its address: every part of it is read from and written to the search parameters.

export const CHOICES = {
  access: { label: "Access", values: { owned: "Owned", shared: "Borrowed" } },
  shareable: { label: "Sharing", values: { yes: "Shareable", no: "Not shareable" } },
  capable: { label: "Dialing out", values: { yes: "Can dial out", no: "Cannot dial out" } },
  outbound: { label: "Outbound agent", values: { yes: "Outbound assigned", no: "Outbound empty" } },
  inbound: { label: "Inbound agent", values: { yes: "Inbound assigned", no: "Inbound empty" } },
} as const;

export type Choice = keyof typeof CHOICES;
export const FILTERS = ["q", ...Object.keys(CHOICES), "trunk", "agent"] as const;

const FIELDS: Record<string, PhoneNumberOrderField> = { number: "E164", created: "CREATED_AT", updated: "UPDATED_AT" };

export interface View {
  filter: PhoneNumberFilter;
  orderBy: PhoneNumberOrder;
  sort: string;
  size: 50 | 100;
  filtered: boolean;
}

export function readView(search: URLSearchParams): View {
  const sort = search.get("sort") ?? "number";
  return {
    filter: readFilter(search),
    orderBy: { field: FIELDS[sort.replace(/^-/, "")] ?? "E164", direction: sort.startsWith("-") ? "DESC" : "ASC" },
    sort,
    size: search.get("size") === "100" ? 100 : 50,
    filtered: FILTERS.some((name) => search.get(name)),
  };
}

function readFilter(search: URLSearchParams): PhoneNumberFilter {
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

export function cleared(search: URLSearchParams): URLSearchParams {
  [...FILTERS, "after", "before"].forEach((name) => search.delete(name));
  return search;
}
