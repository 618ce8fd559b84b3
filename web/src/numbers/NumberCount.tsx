import { useEffect } from "react";
import { useQuery } from "urql";
import { type PhoneNumberFilter, PhoneNumberCountDocument } from "../generated/graphql";
import { useSession } from "../session/Session";

interface Props {
  loaded: number;
  filter: PhoneNumberFilter;
  /** Counts again when it changes. */
  version: number;
}

/** The total is a separate query, so that the pages never wait for it. */
export function NumberCount({ loaded, filter, version }: Props) {
  const { organizationId } = useSession();
  const [{ data }, count] = useQuery({
    query: PhoneNumberCountDocument,
    variables: { organizationId, filter },
    requestPolicy: "cache-and-network",
  });
  useEffect(() => {
    if (version > 0) count({ requestPolicy: "network-only" });
  }, [version, count]);
  const total = data?.phoneNumbers.totalCount;
  return (
    <span className="count" role="status">
      {loaded.toLocaleString("en")} loaded{total === undefined ? "" : ` of ${total.toLocaleString("en")}`}
    </span>
  );
}
