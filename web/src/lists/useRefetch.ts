import { useEffect, useReducer, useRef } from "react";

/** The network or the socket is back. */
const RECONNECT_EVENTS = ["dialtree:reconnected", "online"] as const;
/** Updates arrive only from now on. */
export const SUBSCRIBED_EVENTS = ["dialtree:subscribed"] as const;
const STREAM_EVENTS = [...RECONNECT_EVENTS, ...SUBSCRIBED_EVENTS] as const;

/** Refetches on events after which changes may have been missed. */
export function useRefetchOn(refetch: () => unknown, events: readonly string[] = RECONNECT_EVENTS): void {
  useEffect(() => {
    const listener = () => void refetch();
    events.forEach((event) => window.addEventListener(event, listener));
    return () => events.forEach((event) => window.removeEventListener(event, listener));
  }, [refetch, events]);
}

/**
 * Refetches once the subscription has started or the socket is back. A request in flight may have been answered before that,
 * and urql would merge the new one into it: wait for its end.
 */
export function useRefetchAfterSubscribe(fetching: boolean, refetch: () => unknown): void {
  const [requested, request] = useReducer((count: number) => count + 1, 0);
  const refetched = useRef(0);
  useRefetchOn(request, STREAM_EVENTS);
  useEffect(() => {
    if (fetching || refetched.current === requested) return;
    refetched.current = requested;
    refetch();
  }, [requested, fetching, refetch]);
}
