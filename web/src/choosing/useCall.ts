import { useRef, useState } from "react";
import { useMutation } from "urql";
import { type ConversationRowFragment, CreateOutboundConversationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { details, explain } from "../shell/explain";
import type { Request } from "./request";

interface Attempt {
  of: string;
  key: string;
}

/**
 * Calls once. The idempotency key belongs to the attempt: when the answer is lost, pressing again sends the same key, so
 * nobody is called twice; once there is an answer, the next press is another call.
 */
export function useCall(request: Request) {
  const { reads } = useSession();
  const [{ fetching }, create] = useMutation(CreateOutboundConversationDocument);
  const [conversation, setConversation] = useState<ConversationRowFragment | null>(null);
  const [complaint, setComplaint] = useState<string | null>(null);
  const attempt = useRef<Attempt | null>(null);

  async function call() {
    const of = JSON.stringify(request.input);
    if (attempt.current?.of !== of) attempt.current = { of, key: `console-${randomName()}` };
    const input = { ...request.input, to: request.input.to ?? "", idempotencyKey: attempt.current.key };
    const { data, error } = await create({ input, withAgents: reads("AGENTS") });
    const answer = data?.createOutboundConversation;
    if (answer) attempt.current = null;
    setConversation(answer?.conversation ?? null);
    setComplaint(error ? `${explain(error).title}. ${details(error)}` : (answer?.userErrors[0]?.message ?? null));
  }

  return { call, busy: fetching, conversation, complaint };
}

function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
