import type { CallDirection, ConversationStatus, EndReason } from "../generated/graphql";

export const STATUS_LABELS: Record<ConversationStatus, string> = {
  QUEUED: "Queued",
  DIALING: "Dialing",
  RINGING: "Ringing",
  IN_PROGRESS: "In progress",
  COMPLETED: "Completed",
  UNANSWERED: "Unanswered",
  CANCELLED: "Cancelled",
  TRANSFERRED: "Transferred",
  FAILED: "Failed",
};

export const END_REASON_LABELS: Record<EndReason, string> = {
  HANGUP: "hung up",
  BUSY: "busy",
  NO_ANSWER: "no answer",
  REJECTED: "declined",
  BLOCKED: "blocked by the carrier",
  INVALID_NUMBER: "no such number",
  TRUNK_AUTHENTICATION: "the carrier refused the trunk’s credentials",
  CARRIER_ERROR: "the carrier failed",
  CANCELLED: "called off",
  TRANSFERRED: "handed over",
  NUMBER_NO_LONGER_AVAILABLE: "the number is no longer shared",
  ENGINE_LOST: "the engine was lost",
  AGENT_UNREACHABLE: "the agent could not be reached",
  NUMBER_SUPPRESSED: "the number is suppressed",
  WINDOW_CLOSED: "its calling hours ended",
};

const LIVE_STATUSES: readonly ConversationStatus[] = ["QUEUED", "DIALING", "RINGING", "IN_PROGRESS"];

export function isLive(status: ConversationStatus): boolean {
  return LIVE_STATUSES.includes(status);
}

interface CallProgress {
  status: ConversationStatus;
  direction: CallDirection;
  endReason?: EndReason | null;
  sipStatus?: number | null;
  answeredAt?: string | null;
}

/** Returns the furthest stage that a call is known to have reached. For an ended call, it follows from how it ended. */
export function furthestStage({
  status,
  direction,
  endReason,
  sipStatus,
  answeredAt,
}: CallProgress): ConversationStatus {
  if (isLive(status)) return status;
  if (answeredAt) return "IN_PROGRESS";
  if (direction === "INBOUND" || endReason === "NO_ANSWER") return "RINGING";
  return sipStatus || status === "UNANSWERED" ? "DIALING" : "QUEUED";
}
