import type { CallDirection, ConversationFilter, ConversationStatus } from "../generated/graphql";
import { isLive, STATUS_LABELS } from "./labels";

const ALL_STATUSES = Object.keys(STATUS_LABELS) as ConversationStatus[];

export const STATUS_CHOICES: readonly (readonly [string, string])[] = [
  ["live", "Live"],
  ["ended", "Ended"],
  ...Object.entries(STATUS_LABELS),
];

export const FILTER_PARAMS = ["direction", "status", "agent", "from", "with", "since", "until"] as const;

export function readConversationFilter(search: URLSearchParams): ConversationFilter {
  const filter: ConversationFilter = {};
  const direction = search.get("direction")?.toUpperCase();
  if (direction === "INBOUND" || direction === "OUTBOUND") filter.direction = direction as CallDirection;
  const status = readStatuses(search.get("status"));
  if (status) filter.status = status;
  const agentNumber = search.get("from");
  if (agentNumber) filter.agentNumber = agentNumber;
  const userNumber = search.get("with");
  if (userNumber) filter.userNumber = userNumber;
  const agentId = search.get("agent");
  if (agentId) filter.agentId = agentId;
  const since = startOfDay(search.get("since"), 0);
  if (since) filter.createdAfter = since;
  const until = startOfDay(search.get("until"), 1);
  if (until) filter.createdBefore = until;
  return filter;
}

/** Returns the start of a local day such as 2026-11-24, plus `later` days, as an ISO timestamp; null if it is not a date. */
function startOfDay(day: string | null, later: number): string | null {
  const [year, month, date] =
    /^(\d{4})-(\d\d)-(\d\d)$/
      .exec(day ?? "")
      ?.slice(1)
      .map(Number) ?? [];
  if (!year || !month || !date) return null;
  const at = new Date(year, month - 1, date + later);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function readStatuses(word: string | null): ConversationStatus[] | null {
  if (word === "live") return ALL_STATUSES.filter(isLive);
  if (word === "ended") return ALL_STATUSES.filter((status) => !isLive(status));
  return ALL_STATUSES.includes(word as ConversationStatus) ? [word as ConversationStatus] : null;
}
