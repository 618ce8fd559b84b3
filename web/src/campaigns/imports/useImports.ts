import { useCallback, useEffect } from "react";
import { useQuery } from "urql";
import { ContactImportsDocument } from "../../generated/graphql";
import { useRefetchOn } from "../../lists/useRefetch";
import { pollInterval } from "./importStatus";

/** Reads a page of a campaign's imports, newest first, and keeps it up to date while the tab is visible. */
export function useImports(campaignId: string, after: string | null, generation: number) {
  const [{ data, error }, reread] = useQuery({
    query: ContactImportsDocument,
    variables: { id: campaignId, after },
    requestPolicy: "cache-and-network",
  });
  const read = useCallback(() => reread({ requestPolicy: "network-only" }), [reread]);
  const page = data?.campaign?.imports;
  const interval = pollInterval(page?.nodes ?? []);
  useRefetchOn(read);
  useEffect(() => {
    if (generation > 0) read();
  }, [generation, read]);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && read(), interval);
    return () => clearInterval(timer);
  }, [read, interval]);
  return { page, error, read };
}
