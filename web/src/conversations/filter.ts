import type { CallDirection, ConversationFilter, ConversationStatus } from "../generated/graphql";
import { isLive, STATUSES } from "./words";

const ALL = Object.keys(STATUSES) as ConversationStatus[];

export const STATUS_CHOICES: readonly (readonly [string, string])[] = [
  ["live", "Live"],
  ["ended", "Ended"],
  ...Object.entries(STATUSES),
];

export const NAMES = ["direction", "status", "from", "with"] as const;

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
  return filter;
}

function statuses(word: string | null): ConversationStatus[] | null {
  if (word === "live") return ALL.filter(isLive);
  if (word === "ended") return ALL.filter((status) => !isLive(status));
  return ALL.includes(word as ConversationStatus) ? [word as ConversationStatus] : null;
}
