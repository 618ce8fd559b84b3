import { useState } from "react";
import { useMutation } from "urql";
import { SetAgentActiveDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { mutationError } from "../shell/errorText";
import { showToast } from "../shell/toasts";
import type { PreviewRequest } from "./previewRequest";
import { useRequestedAgentId } from "./useRequestedVersion";

interface Props {
  request: PreviewRequest;
  onFixed: () => void;
}

/** Activates the inactive agent that would speak. */
export function ActivateAgent({ request, onFixed }: Props) {
  const { canManage } = useSession();
  const [{ fetching }, update] = useMutation(SetAgentActiveDocument);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);
  const agentId = useRequestedAgentId(request);
  if (!canManage("AGENTS") || !agentId) return null;

  async function activate(id: string) {
    const { data, error } = await update({ input: { agentId: id, active: true } });
    setErrorMessage(mutationError(error, data?.updateAgent.userErrors));
    if (!data?.updateAgent.agent) return;
    showToast("good", `${data.updateAgent.agent.name} is switched on.`);
    onFixed();
  }

  return (
    <>
      <button type="button" className="button small primary" disabled={fetching} onClick={() => void activate(agentId)}>
        Switch the agent on
      </button>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
    </>
  );
}
