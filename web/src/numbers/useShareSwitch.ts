import { useCallback } from "react";
import { useMutation } from "urql";
import { type NumberRowFragment, SetShareableDocument } from "../generated/graphql";
import { written } from "../phone";
import { explain } from "../shell/explain";
import { say } from "../shell/toasts";

/** Flips the switch at once; where the server refuses, the cache takes it back and the reason is said. */
export function useShareSwitch() {
  const [, setShareable] = useMutation(SetShareableDocument);
  return useCallback(
    async (number: NumberRowFragment, shareable: boolean) => {
      const { data, error } = await setShareable({ input: { phoneNumberId: number.id, shareable } });
      const [refusal] = data?.setPhoneNumberShareable.userErrors ?? [];
      const reason =
        refusal?.message ??
        (error && `${explain(error).title}. ${error.graphQLErrors[0]?.message ?? explain(error).advice}`);
      if (reason) say("bad", `${written(number.e164)} stays ${shareable ? "unshared" : "shared"}: ${reason}`);
    },
    [setShareable],
  );
}
