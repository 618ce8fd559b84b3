import { useSearchParams } from "wouter";
import { withPage } from "./pageAddress";
import { type PageArguments, type Snapshot, isSamePage } from "./pages";

interface Props {
  snapshot: Snapshot<unknown>;
  /** The page in the address. */
  currentPage: PageArguments;
  label: string;
  /** The server answers pages onward alone: what lies before is reached from the first page. */
  onwardOnly?: boolean;
  children?: React.ReactNode;
}

export function Pager({ snapshot, currentPage, label, onwardOnly = false, children }: Props) {
  const [, setSearch] = useSearchParams();
  const { previous, next } = neighbours(snapshot.starts, currentPage);
  const reachable = onwardOnly && previous?.before ? null : previous;
  const size = currentPage.first ?? currentPage.last ?? 0;
  const button = (name: string, to: PageArguments | null) => (
    <button className="button small" disabled={!to} onClick={() => to && setSearch((search) => withPage(search, to))}>
      {name}
    </button>
  );
  return (
    <nav className="pager" aria-label={`Pages of ${label}`}>
      {button("First", previous && { first: size })}
      {button("Previous", reachable)}
      {button("Next", next)}
      {!onwardOnly && button("Last", next && { last: size })}
      {children}
    </nav>
  );
}

/** Returns the previous and the next page: the loaded ones, else by the cursors of the current one. */
export function neighbours(starts: Snapshot<unknown>["starts"], currentPage: PageArguments) {
  const index = starts.findIndex(({ page }) => isSamePage(page, currentPage));
  const info = starts[index]?.info;
  const size = currentPage.first ?? currentPage.last ?? 0;
  if (!info) return { previous: null, next: null };
  const { hasPreviousPage, hasNextPage, startCursor, endCursor } = info;
  const before = hasPreviousPage && startCursor ? { last: size, before: startCursor } : null;
  const after = hasNextPage && endCursor ? { first: size, after: endCursor } : null;
  return { previous: starts[index - 1]?.page ?? before, next: starts[index + 1]?.page ?? after };
}
