import type { ReactNode } from "react";
import { formatPhoneNumber } from "../../phoneNumber";
import { formatDateTime } from "../../time";
import { ZONE_ORIGIN_LABELS } from "./contactText";
import type { LiveContact } from "./useLiveContact";

/** What is known of a contact: as it was sent, and where it may be. */
export function ContactDetails({ contact }: { contact: LiveContact }) {
  const { id, externalId, timeZones, timeZoneOrigin, agentNumber, notBefore, createdAt, variables } = contact;
  return (
    <section aria-labelledby="details">
      <h2 id="details">Details</h2>
      <dl className="details">
        {externalId && <Detail name="Your id">{externalId}</Detail>}
        <Detail name="Time zone">
          {timeZones.length ? timeZones.join(", ") : "Not known"}
          {timeZoneOrigin && <span className="muted"> ({ZONE_ORIGIN_LABELS[timeZoneOrigin]})</span>}
        </Detail>
        {agentNumber && <Detail name="Called from">{formatPhoneNumber(agentNumber)}</Detail>}
        {notBefore && <Detail name="Not before">{formatDateTime(notBefore)}</Detail>}
        <Detail name="Added">{formatDateTime(createdAt)}</Detail>
        <Detail name="Id">
          <span className="mono">{id}</span>
        </Detail>
        {hasFields(variables) && (
          <Detail name="Variables">
            <pre className="mono">{JSON.stringify(variables, null, 2)}</pre>
          </Detail>
        )}
      </dl>
    </section>
  );
}

function hasFields(variables: unknown): boolean {
  return typeof variables === "object" && variables !== null && Object.keys(variables).length > 0;
}

function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
