import { useSubscription } from "urql";
import { PhoneNumbersUpdatedDocument, type PhoneNumbersUpdatedSubscription } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import { useLiveList } from "../lists/useLiveList";
import { BEGAN, useMissed } from "../lists/useMissed";
import { useSession } from "../session/Session";

const FEW_PAGES = 3;

/**
 * Changes made elsewhere. The cache redraws a number that is shown; one that is new here or gone, or that may match the
 * filters now, has the pages asked again.
 */
export function useNumberChanges(
  ids: readonly string[],
  filtered: boolean,
  store: Pick<PageStore<never, never, never>, "pageCount" | "reload">,
) {
  const { organizationId, reads } = useSession();
  const live = useLiveList(store, FEW_PAGES);
  useMissed(store.reload, BEGAN);
  useSubscription(
    {
      query: PhoneNumbersUpdatedDocument,
      variables: { organizationId, withAgents: reads("AGENTS"), withTrunks: reads("TRUNKS") },
    },
    (_before: unknown, { phoneNumbersUpdated: change }: PhoneNumbersUpdatedSubscription) => {
      if (filtered || !change.phoneNumber || !ids.includes(change.phoneNumberId)) live.consider();
      return change.phoneNumberId;
    },
  );
  return live;
}
