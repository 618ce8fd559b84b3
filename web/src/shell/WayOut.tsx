import type { CombinedError } from "urql";
import { Link, useLocation } from "wouter";
import { codeOf } from "./explain";

/** What leads out of a list that cannot be shown: one's own organization, or the list without its filters. */
export function WayOut({ error, clear }: { error: CombinedError; clear: () => void }) {
  const [location] = useLocation();
  if (codeOf(error) === "NOT_FOUND") {
    return (
      <Link className="button" href={location}>
        Your own organization
      </Link>
    );
  }
  if (codeOf(error) !== "BAD_USER_INPUT") return null;
  return (
    <button className="button" onClick={clear}>
      Clear the filters
    </button>
  );
}
