import { ago, inFull } from "../time";

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={inFull(at)}>
      {ago(at)}
    </time>
  );
}
