import { useEffect, useRef, useState } from "react";
import { useSubscription } from "urql";
import { PhoneNumbersUpdatedDocument } from "../generated/graphql";
import { useSession } from "../session/Session";

const PAUSE = 250;
const FEW_PAGES = 3;

interface List {
  ids: readonly string[];
  filtered: boolean;
  pageCount: () => number;
  reload: () => unknown;
}

/**
 * Changes made elsewhere. The cache redraws a number that is shown; one that is new here, or may match the filters now,
 * has the pages asked again. A long list is not asked again under one's hands: `outdated` offers it.
 */
export function useNumberChanges({ ids, filtered, pageCount, reload }: List) {
  const { organizationId, reads } = useSession();
  const [outdated, setOutdated] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [{ data }] = useSubscription({
    query: PhoneNumbersUpdatedDocument,
    variables: { organizationId, withAgents: reads("AGENTS"), withTrunks: reads("TRUNKS") },
  });
  const change = data?.phoneNumbersUpdated;

  useEffect(() => {
    if (!change || (ids.includes(change.phoneNumberId) && !filtered)) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => (pageCount() <= FEW_PAGES ? void reload() : setOutdated(true)), PAUSE);
  }, [change]);

  useEffect(() => () => clearTimeout(timer.current), []);
  const bringUpToDate = () => {
    setOutdated(false);
    void reload();
  };
  return { outdated, bringUpToDate };
}
