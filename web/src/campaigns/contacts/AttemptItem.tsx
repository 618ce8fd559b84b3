import { Link } from "wouter";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { formatDateTime } from "../../time";
import { Candidates } from "../../which-number/Candidates";
import { Resolution } from "../../which-number/Resolution";
import { OUTCOME_LABELS } from "../labels";
import { ReportOutcome } from "./ReportOutcome";
import type { LiveContact } from "./useLiveContact";

interface Props {
  attempt: LiveContact["attempts"][number];
  isLast: boolean;
  changed: () => void;
}

/** One call to a contact: when, from which number and why, and what it came to. */
export function AttemptItem({ attempt, isLast, changed }: Props) {
  const { href } = useSession();
  const { number, startedAt, outcome, choice, conversation } = attempt;
  return (
    <li data-outcome={outcome ?? "none"}>
      <header>
        <h3>Attempt {number}</h3>
        <strong className="attempt-outcome">{outcome ? OUTCOME_LABELS[outcome] : "No outcome yet"}</strong>
        <time className="muted" dateTime={startedAt}>
          {formatDateTime(startedAt)}
        </time>
      </header>
      {choice?.agentNumber && (
        <p>
          <span className="muted">From</span> <strong>{formatPhoneNumber(choice.agentNumber)}</strong>
        </p>
      )}
      {choice && <p className="attempt-reason">{choice.reason}</p>}
      <NumberReasons attempt={attempt} />
      {conversation && (
        <div className="attempt-actions">
          <Link className="button small" href={href(`/conversations/${conversation.id}`)}>
            Conversation<span className="visually-hidden"> of attempt {number}</span>
          </Link>
          {isLast && <ReportOutcome conversation={conversation} changed={changed} />}
        </div>
      )}
    </li>
  );
}

/** Unfolds the four steps that led to the number or, where the key may not read them, the numbers weighed. */
function NumberReasons({ attempt: { choice, conversation } }: Pick<Props, "attempt">) {
  const resolution = conversation?.resolution;
  if (!resolution && !choice?.candidates.length) return null;
  return (
    <details className="attempt-why">
      <summary>Why this number</summary>
      {resolution ? (
        <Resolution resolution={resolution} />
      ) : (
        choice && <Candidates candidates={choice.candidates} reason={choice.reason} />
      )}
    </details>
  );
}
