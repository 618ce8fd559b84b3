import type { CallDirection, ConversationFilter, ConversationStatus } from "../generated/graphql";
import { isLive, STATUSES } from "./words";

const ALL = Object.keys(STATUSES) as ConversationStatus[];

export const STATUS_CHOICES: readonly (readonly [string, string])[] = [
  ["live", "Live"],
  ["ended", "Ended"],
  ...Object.entries(STATUSES),
];

export const NAMES = ["direction", "status", "agent", "from", "with", "since", "until"] as const;

export function readFilter(search: URLSearchParams): ConversationFilter {
  const filter: ConversationFilter = {};
  const direction = search.get("direction")?.toUpperCase();
  if (direction === "INBOUND" || direction === "OUTBOUND") filter.direction = direction as CallDirection;
  const status = statuses(search.get("status"));
  if (status) filter.status = status;
  const agentNumber = search.get("from");
  if (agentNumber) filter.agentNumber = agentNumber;
  const userNumber = search.get("with");
  if (userNumber) filter.userNumber = userNumber;
  const agentId = search.get("agent");
  if (agentId) filter.agentId = agentId;
  const since = midnight(search.get("since"), 0);
  if (since) filter.createdAfter = since;
  const until = midnight(search.get("until"), 1);
  if (until) filter.createdBefore = until;
  return filter;
}

/** The start of a day, such as 2026-11-24, where one is; or of the days after it. */
function midnight(day: string | null, later: number): string | null {
  const [year, month, date] =
    /^(\d{4})-(\d\d)-(\d\d)$/
      .exec(day ?? "")
      ?.slice(1)
      .map(Number) ?? [];
  if (!year || !month || !date) return null;
  const at = new Date(year, month - 1, date + later);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function statuses(word: string | null): ConversationStatus[] | null {
  if (word === "live") return ALL.filter(isLive);
  if (word === "ended") return ALL.filter((status) => !isLive(status));
  return ALL.includes(word as ConversationStatus) ? [word as ConversationStatus] : null;
}
