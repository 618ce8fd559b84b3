import type { ReactNode } from "react";
import type { ConversationQuery } from "../generated/graphql";
import { formatDateTime } from "../time";

export function ConversationDetails({
  conversation,
}: {
  conversation: NonNullable<ConversationQuery["conversation"]>;
}) {
  const { id, organization, createdAt, answeredAt, endedAt, endDetail } = conversation;
  const { idempotencyKey, initialContext, metadata, agentConfig } = conversation;
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">Details</h2>
      <dl className="details">
        <Detail name="Organization">{organization.name}</Detail>
        <Detail name="Created">{formatDateTime(createdAt)}</Detail>
        {answeredAt && <Detail name="Answered">{formatDateTime(answeredAt)}</Detail>}
        {endedAt && <Detail name="Ended">{formatDateTime(endedAt)}</Detail>}
        {endDetail && <Detail name="How it ended">{endDetail}</Detail>}
        <Detail name="Id">
          <span className="mono">{id}</span>
        </Detail>
        {idempotencyKey && (
          <Detail name="Idempotency key">
            <span className="mono">{idempotencyKey}</span>
          </Detail>
        )}
        {initialContext && <Detail name="Context">{initialContext}</Detail>}
        {metadata != null && <JsonDetail name="Metadata" value={metadata} />}
        {agentConfig != null && <JsonDetail name="Inline agent" value={agentConfig} />}
      </dl>
    </section>
  );
}

function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function JsonDetail({ name, value }: { name: string; value: unknown }) {
  return (
    <Detail name={name}>
      <pre className="mono">{JSON.stringify(value, null, 2)}</pre>
    </Detail>
  );
}
