import { AttemptItem } from "./AttemptItem";
import { NextAttempt } from "./NextAttempt";
import type { LiveContact } from "./useLiveContact";

/** The calls to a contact in their order, and from which number the next would go. */
export function AttemptTimeline({ contact, changed }: { contact: LiveContact; changed: () => void }) {
  const { attempts, nextNumber } = contact;
  return (
    <section aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      {attempts.length === 0 && !nextNumber && <p className="muted">It was never called.</p>}
      <ol className="timeline" aria-label="Attempts, the first first">
        {attempts.map((attempt, index) => (
          <AttemptItem
            key={attempt.number}
            attempt={attempt}
            isLast={index === attempts.length - 1}
            changed={changed}
          />
        ))}
        {nextNumber && <NextAttempt number={attempts.length + 1} choice={nextNumber} />}
      </ol>
    </section>
  );
}
