import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";

interface Options {
  box: RefObject<HTMLElement | null>;
  ids: readonly string[];
  scrollTo: (index: number) => void;
  keys: Record<string, (id: string) => void>;
}

const STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  j: (index, last) => Math.min(index + 1, last),
  ArrowUp: (index) => Math.max(index - 1, 0),
  k: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, last) => last,
  PageDown: (index, last) => Math.min(index + 10, last),
  PageUp: (index) => Math.max(index - 10, 0),
};

/** One row is in the tab order; the arrow keys move it along, also to rows that are not rendered yet. */
export function useRoving({ box, ids, scrollTo, keys }: Options) {
  const [active, setActive] = useState<string | null>(null);
  const wanted = useRef(false);
  const current = active !== null && ids.includes(active) ? active : (ids[0] ?? null);

  useEffect(() => {
    if (!wanted.current || current === null) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(current)}"]`);
    if (!row) return;
    wanted.current = false;
    row.focus({ preventScroll: true });
  });

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.ctrlKey || event.metaKey || event.altKey || current === null) return;
    const target = event.target as HTMLElement;
    const onRow = target.dataset["row"] !== undefined;
    const within = target.closest("[data-row]") !== null;
    const step = STEPS[event.key];
    const act = keys[event.key];
    if (step) {
      event.preventDefault();
      const index = step(ids.indexOf(current), ids.length - 1);
      wanted.current = true;
      setActive(ids[index] ?? null);
      scrollTo(index);
    } else if (act && (event.key === "Enter" ? onRow : within)) {
      event.preventDefault();
      act(current);
    }
  }

  return { current, activate: setActive, onKeyDown };
}
