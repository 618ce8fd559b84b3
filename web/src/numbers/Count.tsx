import { useQuery } from "urql";
import { type PhoneNumberFilter, PhoneNumberCountDocument } from "../generated/graphql";
import { useSession } from "../session/Session";

/** Counted apart from the pages, which never wait for it. */
export function Count({ loaded, filter }: { loaded: number; filter: PhoneNumberFilter }) {
  const { organizationId } = useSession();
  const [{ data }] = useQuery({
    query: PhoneNumberCountDocument,
    variables: { organizationId, filter },
    requestPolicy: "cache-and-network",
  });
  const total = data?.phoneNumbers.totalCount;
  return (
    <span className="count" role="status">
      {loaded.toLocaleString("en")} loaded{total === undefined ? "" : ` of ${total.toLocaleString("en")}`}
    </span>
  );
}
