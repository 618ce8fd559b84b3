import { useLocation } from "wouter";
import { useSession } from "../../session/Session";
import { STEP_ORDER, type Step } from "./steps";

/** Moves between the steps of a campaign's setup. */
export function useSteps(campaignId: string, step: Step) {
  const { href } = useSession();
  const [, navigate] = useLocation();
  const place = STEP_ORDER.indexOf(step);
  return {
    go: (to: Step) => navigate(href(`/campaigns/${campaignId}/setup`, { step: to })),
    previous: STEP_ORDER[place - 1] ?? null,
    next: STEP_ORDER[place + 1] ?? null,
  };
}
