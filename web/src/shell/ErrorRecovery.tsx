import type { CombinedError } from "urql";
import { Link, useLocation } from "wouter";
import { errorCode } from "./errorText";

/** Offers a way out of a list that cannot be shown: the key's own organization, or clearing the filters. */
export function ErrorRecovery({ error, clear }: { error: CombinedError; clear: () => void }) {
  const [location] = useLocation();
  if (errorCode(error) === "NOT_FOUND") {
    return (
      <Link className="button" href={location}>
        Your own organization
      </Link>
    );
  }
  if (errorCode(error) !== "BAD_USER_INPUT") return null;
  return (
    <button className="button" onClick={clear}>
      Clear the filters
    </button>
  );
}
