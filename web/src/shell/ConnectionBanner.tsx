import { useSyncExternalStore } from "react";
import { isDisconnected, onConnectionChange } from "../session/socket";
import { useOnline } from "./useOnline";

/** Warns that the page may be out of date, while the browser is offline or the socket is down. */
export function ConnectionBanner() {
  const online = useOnline();
  const lost = useSyncExternalStore(onConnectionChange, isDisconnected);
  if (!online) {
    return (
      <p role="status" className="banner">
        You are offline. What you see was loaded before; it is brought up to date once you are back.
      </p>
    );
  }
  if (!lost) return null;
  return (
    <p role="status" className="banner">
      No connection to the server. What you see may be out of date; it is brought up to date once the server is back.
    </p>
  );
}
