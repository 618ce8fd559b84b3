import { useRef, useState } from "react";
import { useMutation } from "urql";
import { type ConversationRowFragment, CreateOutboundConversationDocument } from "../generated/graphql";
import { newIdempotencyKey } from "../session/idempotencyKey";
import { useSession } from "../session/Session";
import { errorDetails, describeError } from "../shell/errorText";
import type { PreviewRequest } from "./previewRequest";

interface Attempt {
  fingerprint: string;
  key: string;
}

/**
 * Places a call. The idempotency key belongs to the attempt: if the response is lost, another press sends the same key, so
 * that nobody is called twice. After a response, another press places another call.
 */
export function usePlaceCall(request: Pick<PreviewRequest, "input">) {
  const { canRead } = useSession();
  const [{ fetching }, create] = useMutation(CreateOutboundConversationDocument);
  const [conversations, setConversations] = useState<readonly ConversationRowFragment[]>([]);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);
  const attempt = useRef<Attempt | null>(null);

  async function placeCall() {
    const fingerprint = JSON.stringify(request.input);
    if (attempt.current?.fingerprint !== fingerprint) attempt.current = { fingerprint, key: newIdempotencyKey() };
    const input = { ...request.input, to: request.input.to ?? "", idempotencyKey: attempt.current.key };
    const { data, error } = await create({ input, withAgents: canRead("AGENTS") });
    const answer = data?.createOutboundConversation;
    if (answer) attempt.current = null;
    const created = answer?.conversation;
    if (created) setConversations((before) => [created, ...before.filter(({ id }) => id !== created.id)]);
    setErrorMessage(
      error ? `${describeError(error).title}. ${errorDetails(error)}` : (answer?.userErrors[0]?.message ?? null),
    );
  }

  return { placeCall, busy: fetching, conversations, errorMessage };
}
