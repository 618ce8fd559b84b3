import type { AttemptOutcome, CampaignStatus, ContactStatus, PauseReason, WaitReason } from "../generated/graphql";

export const CAMPAIGN_STATUS_LABELS: Record<CampaignStatus, string> = {
  DRAFT: "Draft",
  RUNNING: "Running",
  PAUSED: "Paused",
  COMPLETED: "Completed",
  CANCELLED: "Cancelled",
};

export const PAUSE_REASON_LABELS: Record<PauseReason, string> = {
  ASKED: "somebody paused it",
  FAILURE_RATE: "half of its last calls failed",
  NO_POOL_NUMBER: "no number of its pool may be dialed from",
  AGENT_INACTIVE: "its agent is switched off",
};

/** In the order in which a contact passes through them, as the bars show them. */
export const CONTACT_STATUS_LABELS: Record<ContactStatus, string> = {
  REACHED: "Reached",
  IN_CALL: "In a call",
  PENDING: "Pending",
  EXHAUSTED: "Not reached",
  EXPIRED: "Expired",
  REFUSED: "Refused",
  REMOVED: "Removed",
};

/** What is waited for, after “Limited by”. */
export const WAIT_LABELS: Record<WaitReason, string> = {
  CAMPAIGN: "not running",
  START: "its start",
  WINDOW: "calling hours",
  RETRY: "delays before retries",
  ATTEMPT_LIMIT: "three attempts a day to one number",
  NUMBER: "the numbers’ caps",
  TRUNK: "the trunk",
  BUDGET: "the call budget",
  PACE: "the campaign’s pace",
};

export const OUTCOME_LABELS: Record<AttemptOutcome, string> = {
  REACHED: "Reached",
  TRANSFERRED: "Transferred",
  BUSY: "Busy",
  NO_ANSWER: "No answer",
  REJECTED: "Declined",
  VOICEMAIL: "Voicemail",
  CALL_BACK: "Asked for a call back",
  DO_NOT_CALL: "Asked not to be called",
  CARRIER_ERROR: "The carrier failed",
  INVALID_NUMBER: "No such number",
  BLOCKED: "Blocked by the carrier",
  LOST: "The call was lost",
  CANCELLED: "Called off",
};

/** Tells whether a campaign is over for good. */
export function isEnded(status: CampaignStatus): boolean {
  return status === "COMPLETED" || status === "CANCELLED";
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
