import { useEffect } from "react";
import { useQuery } from "urql";
import { type PhoneNumberFilter, PhoneNumberCountDocument } from "../generated/graphql";
import { useSession } from "../session/Session";

interface Props {
  loaded: number;
  filter: PhoneNumberFilter;
  /** Another one has it counted again. */
  version: number;
}

/** Counted apart from the pages, which never wait for it. */
export function Count({ loaded, filter, version }: Props) {
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
