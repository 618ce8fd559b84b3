import { useState } from "react";
import { useMutation } from "urql";
import { type PublishAgentVersionInput, PublishAgentVersionDocument } from "../generated/graphql";
import { details, explain } from "../shell/explain";

/** Publishing is the only way to write a slot; a refusal is all or nothing, and stays to be read. */
export function usePublish() {
  const [{ fetching }, publish] = useMutation(PublishAgentVersionDocument);
  const [complaint, setComplaint] = useState<string | null>(null);

  async function write(input: PublishAgentVersionInput): Promise<boolean> {
    const { data, error } = await publish({ input, withAgents: true });
    const refusals = data?.publishAgentVersion.userErrors ?? [];
    const wrong = error
      ? `${explain(error).title}. ${details(error)}`
      : refusals.map(({ message }) => message).join(" ");
    setComplaint(wrong || null);
    return !wrong;
  }

  return { write, busy: fetching, complaint };
}
