import { useState } from "react";
import { useMutation } from "urql";
import { HangUpConversationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { complaintAbout } from "../shell/explain";

/** Ends a live call. Its end arrives with the status; a refusal stays to be read. */
export function useHangUp(conversationId: string) {
  const { reads } = useSession();
  const [{ fetching }, end] = useMutation(HangUpConversationDocument);
  const [complaint, setComplaint] = useState<string | null>(null);

  async function hangUp() {
    const { data, error } = await end({ input: { conversationId }, withAgents: reads("AGENTS") });
    setComplaint(complaintAbout(error, data?.hangUpConversation.userErrors));
  }

  return { hangUp, busy: fetching, complaint };
}
