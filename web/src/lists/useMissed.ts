import { useEffect } from "react";

/** The network or the socket was away. */
const AWAY = ["dialtree:reconnected", "online"] as const;
/** The server follows what is subscribed to only from now on. */
export const BEGAN = ["dialtree:following"] as const;

/** Asks again for what may have been missed. */
export function useMissed(ask: () => unknown, events: readonly string[] = AWAY): void {
  useEffect(() => {
    const listener = () => void ask();
    events.forEach((event) => window.addEventListener(event, listener));
    return () => events.forEach((event) => window.removeEventListener(event, listener));
  }, [ask, events]);
}
