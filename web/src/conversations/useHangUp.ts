import { useState } from "react";
import { useMutation } from "urql";
import { HangUpConversationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { mutationError } from "../shell/errorText";

/** Hangs up a live call. The new status arrives through the subscription; `errorMessage` says why it was refused. */
export function useHangUp(conversationId: string) {
  const { canRead } = useSession();
  const [{ fetching }, end] = useMutation(HangUpConversationDocument);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);

  async function hangUp() {
    const { data, error } = await end({ input: { conversationId }, withAgents: canRead("AGENTS") });
    setErrorMessage(mutationError(error, data?.hangUpConversation.userErrors));
  }

  return { hangUp, busy: fetching, errorMessage };
}
