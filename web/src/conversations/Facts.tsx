import type { ReactNode } from "react";
import type { ConversationQuery } from "../generated/graphql";
import { inFull } from "../time";

export function Facts({ conversation }: { conversation: NonNullable<ConversationQuery["conversation"]> }) {
  const { id, organization, createdAt, answeredAt, endedAt, idempotencyKey, initialContext, metadata, agentConfig } =
    conversation;
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">Details</h2>
      <dl className="facts">
        <Fact name="Organization">{organization.name}</Fact>
        <Fact name="Created">{inFull(createdAt)}</Fact>
        {answeredAt && <Fact name="Answered">{inFull(answeredAt)}</Fact>}
        {endedAt && <Fact name="Ended">{inFull(endedAt)}</Fact>}
        <Fact name="Id">
          <span className="mono">{id}</span>
        </Fact>
        {idempotencyKey && (
          <Fact name="Idempotency key">
            <span className="mono">{idempotencyKey}</span>
          </Fact>
        )}
        {initialContext && <Fact name="Context">{initialContext}</Fact>}
        {metadata != null && <Json name="Metadata" value={metadata} />}
        {agentConfig != null && <Json name="Inline agent" value={agentConfig} />}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Json({ name, value }: { name: string; value: unknown }) {
  return (
    <Fact name={name}>
      <pre className="mono">{JSON.stringify(value, null, 2)}</pre>
    </Fact>
  );
}
