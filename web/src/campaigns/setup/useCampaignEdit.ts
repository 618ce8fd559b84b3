import { useState } from "react";
import { useMutation } from "urql";
import {
  type CampaignSettingsFragment,
  type RefusalFragment,
  UpdateCampaignDocument,
  type UpdateCampaignInput,
} from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { describeError } from "../../shell/errorText";
import { changedFields } from "./changedFields";

export type EditInput = Omit<UpdateCampaignInput, "campaignId" | "expectedRevision">;
export type CampaignEdit = ReturnType<typeof useCampaignEdit>;

/** Saves what differs from the campaign that the form was opened with, unless somebody else has changed it since. */
export function useCampaignEdit({ id, revision: opened }: CampaignSettingsFragment, input: EditInput) {
  const { canRead } = useSession();
  const [revision, setRevision] = useState(opened);
  const [saved, setSaved] = useState(input);
  const [refusals, setRefusals] = useState<readonly RefusalFragment[]>([]);
  const [{ fetching, error }, update] = useMutation(UpdateCampaignDocument);

  /** Returns whether the campaign is as the form says. */
  async function save(): Promise<boolean> {
    const changes = changedFields(saved, input);
    if (Object.keys(changes).length === 0) return true;
    const { data } = await update({
      input: { campaignId: id, expectedRevision: revision, ...changes },
      withAgents: canRead("AGENTS"),
      withNumbers: canRead("PHONE_NUMBERS"),
    });
    setRefusals(data?.updateCampaign.userErrors ?? []);
    const campaign = data?.updateCampaign.campaign;
    if (!campaign) return false;
    setRevision(campaign.revision);
    setSaved(input);
    return true;
  }

  const isConflict = refusals.some(({ code }) => code === "CAMPAIGN_CHANGED");
  return { save, busy: fetching, refusals, isConflict, failure: error && describeError(error).title };
}
