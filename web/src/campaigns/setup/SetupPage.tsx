import { useCallback, useState } from "react";
import { useClient } from "urql";
import { useSearchParams } from "wouter";
import { CampaignDocument, type CampaignQuery } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { EmptyState } from "../../shell/EmptyState";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { NoSuchCampaign } from "../CampaignPage";
import { isEnded } from "../labels";
import { useLiveCampaign } from "../useLiveCampaign";
import { AgentStep } from "./AgentStep";
import { ContactsStep } from "./ContactsStep";
import { DryRunStep } from "./DryRunStep";
import { HoursStep } from "./HoursStep";
import { NumbersStep } from "./NumbersStep";
import { StartStep } from "./StartStep";
import { readStep, type Step } from "./steps";

export interface SetupStepProps {
  campaign: NonNullable<CampaignQuery["campaign"]>;
  /** Reads the campaign again and opens the step with it. */
  reload: () => Promise<void>;
  /** Reads the campaign again, and leaves the step as it is. */
  refetch: () => void;
}

const STEP_COMPONENTS: Record<Step, (props: SetupStepProps) => React.ReactNode> = {
  agent: AgentStep,
  contacts: ContactsStep,
  numbers: NumbersStep,
  hours: HoursStep,
  "dry-run": DryRunStep,
  start: StartStep,
};

/** The steps of a campaign that exists, as a draft or later. */
export function SetupPage({ id }: { id: string }) {
  const { canManage, canRead } = useSession();
  const { campaign, error, fetching, refetch } = useLiveCampaign(id);
  const [search] = useSearchParams();
  const client = useClient();
  const [generation, setGeneration] = useState(0);
  const [withAgents, withNumbers] = [canRead("AGENTS"), canRead("PHONE_NUMBERS")];
  const reload = useCallback(async () => {
    const variables = { id, withAgents, withNumbers };
    await client.query(CampaignDocument, variables, { requestPolicy: "network-only" }).toPromise();
    setGeneration((before) => before + 1);
  }, [client, id, withAgents, withNumbers]);

  if (!canManage("CAMPAIGNS")) return <NotAllowed />;
  if (campaign && isEnded(campaign.status)) return <Ended />;
  if (campaign) {
    const step = readStep(search);
    const StepComponent = STEP_COMPONENTS[step];
    return <StepComponent key={`${step}-${generation}`} campaign={campaign} reload={reload} refetch={refetch} />;
  }
  if (error) return <ErrorMessage fullPage error={error} retry={refetch} />;
  return fetching ? <Loading label="the campaign" /> : <NoSuchCampaign />;
}

export function NotAllowed() {
  return (
    <EmptyState
      fullPage
      title="Your key may not change campaigns"
      advice="Sign in with a key that has the scope CAMPAIGNS_MANAGE."
    />
  );
}

function Ended() {
  return (
    <EmptyState
      fullPage
      title="This campaign has ended"
      advice="What has ended is kept as it was. Create another campaign to call again."
    />
  );
}
