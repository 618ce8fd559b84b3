import { useCallback, useEffect, useRef } from "react";
import { useQuery, useSubscription } from "urql";
import { PhoneNumbersUpdatedDocument, PreviewOutboundNumberDocument } from "../generated/graphql";
import { useRefetchOn, useRefetchAfterSubscribe } from "../lists/useRefetch";
import { useSession } from "../session/Session";
import type { PreviewRequest } from "./previewRequest";

/** Joins a burst of changes into one request. */
const DEBOUNCE_MS = 250;
/** Changes without a subscription, such as a deactivated agent, are noticed when the window gets the focus. */
const FOCUS_EVENTS = ["focus"] as const;

/** Runs a dry run of the form, again whenever a number changes that may be a candidate. */
export function usePreview(request: PreviewRequest) {
  const { organizationId, canRead } = useSession();
  const withNumbers = canRead("PHONE_NUMBERS");
  const withAgents = canRead("AGENTS");
  const pause = request.invalidReason !== null;
  const [{ data, error, fetching }, ask] = useQuery({
    query: PreviewOutboundNumberDocument,
    variables: { input: request.input, withNumbers, withAgents },
    pause,
    requestPolicy: "network-only",
  });
  const retry = useCallback(() => pause || ask({ requestPolicy: "network-only" }), [pause, ask]);
  const refetchSoon = useDebounced(retry);
  useRefetchAfterSubscribe(fetching, retry);
  useRefetchOn(refetchSoon, FOCUS_EVENTS);
  useSubscription(
    {
      query: PhoneNumbersUpdatedDocument,
      variables: { organizationId, withAgents, withTrunks: canRead("TRUNKS") },
      pause: !withNumbers,
    },
    () => void refetchSoon(),
  );
  return { resolution: data?.previewOutboundNumber, error, fetching, retry };
}

function useDebounced(run: () => unknown): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), [run]);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(run, DEBOUNCE_MS);
  }, [run]);
}
