import { useSyncExternalStore } from "react";
import { ago, inFull } from "../time";

const EVERY = 30_000;

function listen(tick: () => void): () => void {
  const timer = setInterval(tick, EVERY);
  return () => clearInterval(timer);
}

/** How long ago something was, as time goes by. */
export function Time({ at }: { at: string }) {
  const words = useSyncExternalStore(listen, () => ago(at));
  return (
    <time dateTime={at} title={inFull(at)}>
      {words}
    </time>
  );
}
