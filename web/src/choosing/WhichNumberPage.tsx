import { useMemo } from "react";
import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { OrganizationDocument, PreviewOutboundNumberDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { Empty } from "../shell/Empty";
import { Loading } from "../shell/Loading";
import { Problem } from "../shell/Problem";
import { CallPanel } from "./CallPanel";
import { RequestForm } from "./RequestForm";
import { readRequest } from "./request";
import { Resolution } from "./Resolution";

export function WhichNumberPage() {
  const { reads } = useSession();
  if (reads("CONVERSATIONS")) return <WhichNumber />;
  return (
    <Empty
      whole
      title="Your key may not ask which number it would be"
      advice="Sign in with a key that has the scope CONVERSATIONS_READ or CONVERSATIONS_MANAGE."
    />
  );
}

function WhichNumber() {
  const { organizationId } = useSession();
  const [search] = useSearchParams();
  const request = useMemo(() => readRequest(search, organizationId), [search, organizationId]);
  const [organization] = useQuery({ query: OrganizationDocument, variables: { id: organizationId } });
  const [{ data, error, fetching }, again] = useQuery({
    query: PreviewOutboundNumberDocument,
    variables: { input: request.input },
    pause: request.wrong !== null,
    requestPolicy: "network-only",
  });
  const resolution = data?.previewOutboundNumber;
  return (
    <div className="choosing">
      <title>Which number? · Dialtree</title>
      <section className="choosing-form" aria-label="What would be sent">
        <h1>Which number?</h1>
        <p className="quiet">
          A dry run as {organization.data?.organization?.name ?? "…"}: nothing is written, nobody is called.
        </p>
        <RequestForm request={request} refusal={resolution?.refusal ?? null} />
      </section>
      <section className="choosing-answer" aria-labelledby="answer" aria-busy={fetching}>
        <h2 id="answer" className="visually-hidden">
          The answer
        </h2>
        {error && <Problem error={error} retry={() => again()} />}
        {!resolution && !error && <Loading what="the answer" />}
        {resolution && !error && <Resolution resolution={resolution} tense="would" />}
        {resolution && !error && <CallPanel request={request} resolution={resolution} />}
      </section>
    </div>
  );
}
