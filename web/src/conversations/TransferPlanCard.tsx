import type { TransferMechanism, TransferPlanFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";

const MECHANISM_LABELS: Record<TransferMechanism, string> = {
  SIP_REFER: "The carrier moves the caller (SIP REFER).",
  DIAL: "A second call is dialed from the agent’s number.",
};

interface Props {
  title: string;
  choice?: string;
  description: string;
  plan: TransferPlanFragment;
}

export function TransferPlanCard({
  title,
  choice,
  description,
  plan: { callerId, mechanism, warnings, refusal },
}: Props) {
  return (
    <article
      className="transfer-plan"
      data-refused={Boolean(refusal)}
      aria-label={choice ? `${title}, ${choice}` : title}
    >
      <header>
        <h3>{title}</h3>
        {choice && <code className="mono muted">{choice}</code>}
      </header>
      <p className="muted small">{description}</p>
      {refusal ? (
        <p className="transfer-plan-refusal">
          <code>{refusal.code}</code> {refusal.message}
        </p>
      ) : (
        <>
          <p className="transfer-plan-number" title={callerId ?? undefined}>
            {callerId ? formatPhoneNumber(callerId) : "Withheld"}
          </p>
          {mechanism && <p className="small">{MECHANISM_LABELS[mechanism]}</p>}
        </>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="warning small">
          {warning}
        </p>
      ))}
    </article>
  );
}
