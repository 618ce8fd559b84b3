import { useSubscription } from "urql";
import { PhoneNumbersUpdatedDocument, type PhoneNumbersUpdatedSubscription } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import { useLiveList } from "../lists/useLiveList";
import { SUBSCRIBED_EVENTS, useRefetchOn } from "../lists/useRefetch";
import { useSession } from "../session/Session";

const MAX_RELOADED_PAGES = 3;

/**
 * Applies changes made elsewhere. The cache updates the numbers shown; a number that is new or gone, or that the filters
 * may match differently now, makes the list reload.
 */
export function useNumberChanges(
  ids: readonly string[],
  filtered: boolean,
  store: Pick<PageStore<never, never, never>, "pageCount" | "reload">,
) {
  const { organizationId, canRead } = useSession();
  const live = useLiveList(store, MAX_RELOADED_PAGES);
  useRefetchOn(store.reload, SUBSCRIBED_EVENTS);
  useSubscription(
    {
      query: PhoneNumbersUpdatedDocument,
      variables: { organizationId, withAgents: canRead("AGENTS"), withTrunks: canRead("TRUNKS") },
    },
    (_before: unknown, { phoneNumbersUpdated: change }: PhoneNumbersUpdatedSubscription) => {
      if (filtered || !change.phoneNumber || !ids.includes(change.phoneNumberId)) live.scheduleReload();
      return change.phoneNumberId;
    },
  );
  return live;
}
