import { useSyncExternalStore } from "react";
import { formatRelativeTime, formatDateTime } from "../time";

const UPDATE_INTERVAL_MS = 30_000;

function subscribe(tick: () => void): () => void {
  const timer = setInterval(tick, UPDATE_INTERVAL_MS);
  return () => clearInterval(timer);
}

/** Shows how long ago something happened, updated every 30 seconds. */
export function RelativeTime({ at }: { at: string }) {
  const text = useSyncExternalStore(subscribe, () => formatRelativeTime(at));
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {text}
    </time>
  );
}
