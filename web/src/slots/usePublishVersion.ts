import { useState } from "react";
import { useMutation } from "urql";
import { type PublishAgentVersionInput, PublishAgentVersionDocument } from "../generated/graphql";
import { errorDetails, describeError } from "../shell/errorText";

/** Publishes a version and assigns it to slots, all or nothing. `write` returns whether it succeeded. */
export function usePublishVersion() {
  const [{ fetching }, publish] = useMutation(PublishAgentVersionDocument);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);

  async function write(input: PublishAgentVersionInput): Promise<boolean> {
    const { data, error } = await publish({ input, withAgents: true });
    const refusals = data?.publishAgentVersion.userErrors ?? [];
    const wrong = error
      ? `${describeError(error).title}. ${errorDetails(error)}`
      : refusals.map(({ message }) => message).join(" ");
    setErrorMessage(wrong || null);
    return !wrong;
  }

  return { write, busy: fetching, errorMessage };
}
