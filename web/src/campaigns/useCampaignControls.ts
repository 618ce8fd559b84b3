import { useState } from "react";
import { useMutation } from "urql";
import {
  CancelCampaignDocument,
  PauseCampaignDocument,
  type RefusalFragment,
  StartCampaignDocument,
} from "../generated/graphql";
import { describeError, errorDetails } from "../shell/errorText";

/** Starts, pauses and cancels a campaign. `problems` holds why the last of them was refused. */
export function useCampaignControls(campaignId: string) {
  const [starting, sendStart] = useMutation(StartCampaignDocument);
  const [pausing, sendPause] = useMutation(PauseCampaignDocument);
  const [cancelling, sendCancel] = useMutation(CancelCampaignDocument);
  const [problems, setProblems] = useState<readonly Pick<RefusalFragment, "message">[]>([]);

  async function start(): Promise<boolean> {
    const { data, error } = await sendStart({ input: { campaignId } });
    setProblems(problemsOf(error, data?.startCampaign.userErrors));
    return Boolean(data?.startCampaign.campaign);
  }

  async function pause(): Promise<boolean> {
    const { data, error } = await sendPause({ input: { campaignId } });
    setProblems(problemsOf(error, data?.pauseCampaign.userErrors));
    return Boolean(data?.pauseCampaign.campaign);
  }

  async function cancel(hangUpLive: boolean): Promise<boolean> {
    const { data, error } = await sendCancel({ input: { campaignId, hangUpLive } });
    setProblems(problemsOf(error, data?.cancelCampaign.userErrors));
    return Boolean(data?.cancelCampaign.campaign);
  }

  return { start, pause, cancel, busy: starting.fetching || pausing.fetching || cancelling.fetching, problems };
}

function problemsOf(
  error: Parameters<typeof describeError>[0] | undefined,
  refusals: readonly RefusalFragment[] | undefined,
): readonly Pick<RefusalFragment, "message">[] {
  if (error) return [{ message: `${describeError(error).title}. ${errorDetails(error)}` }];
  return refusals ?? [];
}
