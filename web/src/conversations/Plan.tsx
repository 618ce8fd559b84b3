import type { TransferMechanism, TransferPlanFragment } from "../generated/graphql";
import { written } from "../phone";

const MECHANISMS: Record<TransferMechanism, string> = {
  SIP_REFER: "The carrier moves the caller (SIP REFER).",
  DIAL: "A second call is dialed from the agent’s number.",
};

interface Props {
  title: string;
  choice?: string;
  words: string;
  plan: TransferPlanFragment;
}

export function Plan({ title, choice, words, plan: { callerId, mechanism, warnings, refusal } }: Props) {
  return (
    <article className="plan" data-refused={Boolean(refusal)} aria-label={choice ? `${title}, ${choice}` : title}>
      <header>
        <h3>{title}</h3>
        {choice && <code className="mono quiet">{choice}</code>}
      </header>
      <p className="quiet small">{words}</p>
      {refusal ? (
        <p className="refused-plan">
          <code>{refusal.code}</code> {refusal.message}
        </p>
      ) : (
        <>
          <p className="plan-number" title={callerId ?? undefined}>
            {callerId ? written(callerId) : "Withheld"}
          </p>
          {mechanism && <p className="small">{MECHANISMS[mechanism]}</p>}
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
