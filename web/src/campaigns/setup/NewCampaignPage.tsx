import { type FormEvent, useRef, useState } from "react";
import { useMutation } from "urql";
import { useLocation } from "wouter";
import { CreateCampaignDocument, type RefusalFragment } from "../../generated/graphql";
import { newIdempotencyKey } from "../../session/idempotencyKey";
import { useSession } from "../../session/Session";
import { describeError } from "../../shell/errorText";
import { findFieldError } from "../../shell/Field";
import { AGENT_FIELDS, AgentFields } from "./AgentFields";
import { AGENT_LEAD } from "./AgentStep";
import { SetupFrame } from "./SetupFrame";
import { NotAllowed } from "./SetupPage";
import { useAgentChoice } from "./useAgentChoice";

/** The first step of a new campaign, which creates the draft. */
export function NewCampaignPage() {
  const { canManage } = useSession();
  return canManage("CAMPAIGNS") ? <NewCampaign /> : <NotAllowed />;
}

function NewCampaign() {
  const [name, setName] = useState("");
  const [context, setContext] = useState("");
  const choice = useAgentChoice(null);
  const { create, busy, refusals, failure } = useCreateDraft();

  function submit(event: FormEvent) {
    event.preventDefault();
    void create({ name, agentVersionId: choice.versionId, initialContext: context || null });
  }

  const other = findFieldError(refusals, null, AGENT_FIELDS) ?? failure;
  return (
    <SetupFrame title="Agent" lead={AGENT_LEAD} step="agent">
      <form className="form setup-form" onSubmit={submit}>
        <AgentFields
          name={name}
          onNameChange={setName}
          choice={choice}
          context={context}
          onContextChange={setContext}
          refusals={refusals}
        />
        {other && (
          <p role="alert" className="field-error">
            {other}
          </p>
        )}
        <footer className="setup-foot">
          <button className="button primary" disabled={busy}>
            {busy ? "Creating…" : "Create draft and continue"}
          </button>
        </footer>
      </form>
    </SetupFrame>
  );
}

interface Draft {
  name: string;
  agentVersionId: string | null;
  initialContext: string | null;
}

/** Creates the draft once, even if the answer is lost and the button is pressed again, and opens its next step. */
function useCreateDraft() {
  const { organizationId, canRead, href } = useSession();
  const [, navigate] = useLocation();
  const [refusals, setRefusals] = useState<readonly RefusalFragment[]>([]);
  const [{ fetching, error }, send] = useMutation(CreateCampaignDocument);
  const attempt = useRef({ fingerprint: "", key: "" });

  async function create(draft: Draft) {
    const fingerprint = JSON.stringify(draft);
    if (attempt.current.fingerprint !== fingerprint) attempt.current = { fingerprint, key: newIdempotencyKey() };
    const { data } = await send({
      input: { organizationId, ...draft, idempotencyKey: attempt.current.key },
      withAgents: canRead("AGENTS"),
      withNumbers: canRead("PHONE_NUMBERS"),
    });
    setRefusals(data?.createCampaign.userErrors ?? []);
    const id = data?.createCampaign.campaign?.id;
    if (id) navigate(href(`/campaigns/${id}/setup`, { step: "contacts" }), { replace: true });
  }

  return { create, busy: fetching, refusals, failure: error && describeError(error).title };
}
