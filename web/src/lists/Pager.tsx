import { useSearchParams } from "wouter";
import type { Snapshot } from "./PageStore";

interface Props {
  snapshot: Snapshot<unknown>;
  what: string;
  children?: React.ReactNode;
}

export function Pager({ snapshot, what, children }: Props) {
  const [, setSearch] = useSearchParams();
  const go = (place: "after" | "before" | null, cursor = "") =>
    setSearch((search) => {
      search.delete("after");
      search.delete("before");
      if (place) search.set(place, cursor);
      return search;
    });
  const { before, after } = snapshot;
  return (
    <nav className="pager" aria-label={`Pages of ${what}`}>
      <button className="button small" disabled={!before?.hasPreviousPage} onClick={() => go(null)}>
        First
      </button>
      <button
        className="button small"
        disabled={!before?.hasPreviousPage}
        onClick={() => go("before", before?.startCursor ?? "")}
      >
        Previous
      </button>
      <button
        className="button small"
        disabled={!after?.hasNextPage}
        onClick={() => go("after", after?.endCursor ?? "")}
      >
        Next
      </button>
      <button className="button small" disabled={!after?.hasNextPage} onClick={() => go("before")}>
        Last
      </button>
      {children}
    </nav>
  );
}
