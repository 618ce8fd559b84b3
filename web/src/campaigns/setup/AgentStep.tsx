import { useState } from "react";
import { AGENT_FIELDS, AgentFields } from "./AgentFields";
import type { SetupStepProps } from "./SetupPage";
import { StepForm } from "./StepForm";
import { useAgentChoice } from "./useAgentChoice";
import { type EditInput, useCampaignEdit } from "./useCampaignEdit";

export const AGENT_LEAD =
  "Who speaks, and what it knows. Everything is kept as a draft from here on: nobody is called yet.";

export function AgentStep(props: SetupStepProps) {
  const { campaign } = props;
  const [name, setName] = useState(campaign.name);
  const [context, setContext] = useState(campaign.initialContext ?? "");
  const choice = useAgentChoice(campaign.agentVersion);
  const input: EditInput = { name, initialContext: context || null, agentVersionId: choice.versionId };
  const edit = useCampaignEdit(campaign, input);
  return (
    <StepForm {...props} step="agent" title="Agent" lead={AGENT_LEAD} edit={edit} fields={AGENT_FIELDS}>
      <AgentFields
        name={name}
        onNameChange={setName}
        choice={choice}
        context={context}
        onContextChange={setContext}
        refusals={edit.refusals}
        isRunning={campaign.status === "RUNNING"}
      />
    </StepForm>
  );
}
