import { useSearchParams } from "wouter";
import { placed } from "./anchor";
import { type PageArguments, type Snapshot, same } from "./pages";

interface Props {
  snapshot: Snapshot<unknown>;
  /** The page that the address names. */
  place: PageArguments;
  what: string;
  children?: React.ReactNode;
}

export function Pager({ snapshot, place, what, children }: Props) {
  const [, setSearch] = useSearchParams();
  const { previous, next } = around(snapshot.starts, place);
  const size = place.first ?? place.last ?? 0;
  const button = (name: string, to: PageArguments | null) => (
    <button className="button small" disabled={!to} onClick={() => to && setSearch((search) => placed(search, to))}>
      {name}
    </button>
  );
  return (
    <nav className="pager" aria-label={`Pages of ${what}`}>
      {button("First", previous && { first: size })}
      {button("Previous", previous)}
      {button("Next", next)}
      {button("Last", next && { last: size })}
      {children}
    </nav>
  );
}

/** The pages on either side of the one in the address: as they are loaded, else by their cursors. */
function around(starts: Snapshot<unknown>["starts"], place: PageArguments) {
  const index = starts.findIndex(({ page }) => same(page, place));
  const info = starts[index]?.info;
  const size = place.first ?? place.last ?? 0;
  if (!info) return { previous: null, next: null };
  const { hasPreviousPage, hasNextPage, startCursor, endCursor } = info;
  const before = hasPreviousPage && startCursor ? { last: size, before: startCursor } : null;
  const after = hasNextPage && endCursor ? { first: size, after: endCursor } : null;
  return { previous: starts[index - 1]?.page ?? before, next: starts[index + 1]?.page ?? after };
}
