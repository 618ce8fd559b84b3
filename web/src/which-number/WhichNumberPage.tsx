import { useMemo } from "react";
import { useQuery } from "urql";
import { useSearchParams } from "wouter";
import { OrganizationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { Loading } from "../shell/Loading";
import { ErrorMessage } from "../shell/ErrorMessage";
import { CallPanel } from "./CallPanel";
import { RefusalFixes } from "./RefusalFixes";
import { PreviewForm } from "./PreviewForm";
import { readPreviewRequest } from "./previewRequest";
import { Resolution } from "./Resolution";
import { usePreview } from "./usePreview";

export function WhichNumberPage() {
  const { canRead } = useSession();
  if (canRead("CONVERSATIONS")) return <WhichNumber />;
  return (
    <EmptyState
      fullPage
      title="Your key may not ask which number it would be"
      advice="Sign in with a key that has the scope CONVERSATIONS_READ or CONVERSATIONS_MANAGE."
    />
  );
}

function WhichNumber() {
  const { organizationId } = useSession();
  const [search] = useSearchParams();
  const request = useMemo(() => readPreviewRequest(search, organizationId), [search, organizationId]);
  const [organization] = useQuery({ query: OrganizationDocument, variables: { id: organizationId } });
  const { resolution, error, fetching, retry } = usePreview(request);
  return (
    <div className="which-number">
      <title>Which number? · Dialtree</title>
      <section className="which-number-form" aria-label="What would be sent">
        <h1>Which number?</h1>
        <p className="muted">
          A dry run as {organization.data?.organization?.name ?? "…"}: nothing is written, nobody is called.
        </p>
        <PreviewForm request={request} refusal={(!request.invalidReason && resolution?.refusal) || null} />
      </section>
      <section
        className="which-number-result"
        aria-labelledby="answer"
        aria-busy={fetching}
        data-outdated={request.invalidReason !== null}
      >
        <h2 id="answer" className="visually-hidden">
          The answer
        </h2>
        {error && <ErrorMessage error={error} retry={retry} />}
        {!resolution && !error && !request.invalidReason && <Loading label="the answer" />}
        {request.invalidReason && <p className="outdated">Not checked: the form has an error.</p>}
        {resolution && !error && (
          <Resolution resolution={resolution} request={request}>
            <RefusalFixes request={request} resolution={resolution} onFixed={retry} />
          </Resolution>
        )}
        {resolution && !error && <CallPanel request={request} resolution={resolution} />}
      </section>
    </div>
  );
}
