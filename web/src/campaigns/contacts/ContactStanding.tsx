import { ContactStatusBadge } from "./ContactStatusBadge";
import { describeWaiting, formatInZone } from "./contactText";
import type { LiveContact } from "./useLiveContact";

/** Says where a contact stands: what it waits for and until when, there and here, or why it is not called. */
export function ContactStanding({ contact }: { contact: LiveContact }) {
  const { status, reason, refusal, waitsUntil, timeZones } = contact;
  const waiting = describeWaiting(contact);
  const there = waitsUntil && timeZones[0] ? formatInZone(waitsUntil, timeZones[0]) : null;
  return (
    <section className="panel contact-standing" aria-label="Where it stands">
      <p role="status">
        <ContactStatusBadge status={status} />
        {waiting && (
          <>
            <span className="muted">:</span> {waiting}
          </>
        )}
        {there && <span className="muted"> ({there})</span>}
      </p>
      {refusal ? (
        <p className="contact-refusal">
          <code>{refusal.code}</code> {refusal.message}
        </p>
      ) : (
        <p className="muted">{reason}</p>
      )}
    </section>
  );
}
