import { useRef } from "react";
import { type PageArguments, type Snapshot, same } from "./pages";

export interface Jump {
  list: object;
  to: PageArguments;
  index: number;
}

/** The row to scroll to: the first of the page that somebody went to, once that page is there. */
export function useJump(
  { shown, snapshot, waiting }: { shown: object; snapshot: Snapshot<unknown>; waiting: boolean },
  { jump: to, anchor }: { jump: PageArguments; anchor: PageArguments },
) {
  const last = useRef<Jump | null>(null);
  const made = last.current?.list === shown && last.current.to === to;
  if (!made && !waiting) {
    const page = (name: PageArguments) => snapshot.starts.find(({ page }) => same(page, name));
    const target = page(to) ?? page(anchor);
    if (target?.info) last.current = { list: shown, to, index: target.at };
  }
  const pending = last.current?.list !== shown || last.current.to !== to;
  return { jump: pending ? null : last.current, pending };
}
