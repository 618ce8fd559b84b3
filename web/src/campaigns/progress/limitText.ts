import type { WaitReason } from "../../generated/graphql";
import type { Step } from "../setup/steps";

interface Limit {
  title: string;
  meaning: string;
  change?: { text: string; step: Step };
}

/** What it means that something limits a campaign, and where in the setup it is changed. */
export const LIMITS: Record<WaitReason, Limit> = {
  CAMPAIGN: { title: "It does not run", meaning: "Nobody is called until it is started." },
  START: {
    title: "Its start",
    meaning: "Nobody is to be called yet.",
    change: { text: "Change its start", step: "hours" },
  },
  WINDOW: {
    title: "Calling hours",
    meaning: "No window is open where those who are next may be.",
    change: { text: "Change its hours", step: "hours" },
  },
  RETRY: {
    title: "Delays before retries",
    meaning: "Whoever is left was called already, and is called again after a delay.",
    change: { text: "Change its retries", step: "hours" },
  },
  ATTEMPT_LIMIT: {
    title: "Attempts to one number",
    meaning: "Those who are next were called three times within 24 hours.",
  },
  NUMBER: {
    title: "Its numbers’ caps",
    meaning: "Every number of the pool is at its caps.",
    change: { text: "Change its numbers", step: "numbers" },
  },
  TRUNK: { title: "The trunk", meaning: "It has no room, or other campaigns come first." },
  BUDGET: {
    title: "The call budget",
    meaning: "The budget of the organization, or of one above it, is used up.",
  },
  PACE: {
    title: "Its own pace",
    meaning: "It has as many calls as it may have, at once or in a minute.",
    change: { text: "Change its pace", step: "hours" },
  },
};
