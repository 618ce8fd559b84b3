import { useCallback } from "react";
import { useMutation } from "urql";
import { type NumberRowFragment, SetShareableDocument } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { describeError } from "../shell/errorText";
import { showToast } from "../shell/toasts";

/** Sets whether a number is shareable, optimistically. If the server refuses, the cache rolls back and a toast says why. */
export function useSetShareable() {
  const [, setShareable] = useMutation(SetShareableDocument);
  return useCallback(
    async (number: NumberRowFragment, shareable: boolean) => {
      const { data, error } = await setShareable({ input: { phoneNumberId: number.id, shareable } });
      const [refusal] = data?.setPhoneNumberShareable.userErrors ?? [];
      const reason =
        refusal?.message ??
        (error && `${describeError(error).title}. ${error.graphQLErrors[0]?.message ?? describeError(error).advice}`);
      if (reason)
        showToast("bad", `${formatPhoneNumber(number.e164)} stays ${shareable ? "unshared" : "shared"}: ${reason}`);
    },
    [setShareable],
  );
}
