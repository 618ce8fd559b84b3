import type { ConversationStatus, EndReason } from "../generated/graphql";

export const STATUSES: Record<ConversationStatus, string> = {
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

export const END_REASONS: Record<EndReason, string> = {
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
};

const LIVE: readonly ConversationStatus[] = ["QUEUED", "DIALING", "RINGING", "IN_PROGRESS"];

export function isLive(status: ConversationStatus): boolean {
  return LIVE.includes(status);
}
