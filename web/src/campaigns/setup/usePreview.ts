import { useCallback } from "react";
import { useQuery } from "urql";
import { CampaignPreviewDocument, type PreviewAssumptionsInput } from "../../generated/graphql";
import { useRefetchOn } from "../../lists/useRefetch";

/** Runs the dry run of a campaign as it is stored. */
export function usePreview(id: string, assume: PreviewAssumptionsInput | null) {
  const [{ data, error, fetching }, ask] = useQuery({
    query: CampaignPreviewDocument,
    variables: { id, assume },
    requestPolicy: "network-only",
  });
  const retry = useCallback(() => ask({ requestPolicy: "network-only" }), [ask]);
  useRefetchOn(retry);
  return { preview: data?.campaign?.preview ?? null, error, fetching, retry };
}
