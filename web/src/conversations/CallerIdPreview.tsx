import { useDeferredValue, useState } from "react";
import { useQuery } from "urql";
import { TransferPlansDocument } from "../generated/graphql";
import { Field } from "../shell/Field";
import { ErrorMessage } from "../shell/ErrorMessage";
import { TransferPlanCard } from "./TransferPlanCard";

/** Shows the caller ID that a third party would see, for each kind of transfer. */
export function CallerIdPreview({ id }: { id: string }) {
  const [typed, setTyped] = useState("");
  const transferNumber = useDeferredValue(typed.trim()) || null;
  const [{ data, error }, again] = useQuery({
    query: TransferPlansDocument,
    variables: { id, transferNumber },
    requestPolicy: "network-only",
  });
  const plans = data?.conversation;
  return (
    <section aria-labelledby="caller-id">
      <h2 id="caller-id">Caller ID shown to the third party</h2>
      <div className="transfer-target">
        <Field label="Third party" hint="A number or a sip: address; some telephone where empty.">
          {(controlProps) => (
            <input
              {...controlProps}
              autoComplete="off"
              placeholder="Any telephone"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
      </div>
      {error && <ErrorMessage error={error} retry={() => again()} />}
      {plans && !error && (
        <div className="transfer-plans">
          <TransferPlanCard
            title="Cold"
            choice="TRANSFEREE_NUMBER"
            description="Shows the caller’s own number. The default."
            plan={plans.coldShowingTransferee}
          />
          <TransferPlanCard
            title="Cold"
            choice="AGENT_NUMBER"
            description="Shows the agent’s number."
            plan={plans.coldShowingAgent}
          />
          <TransferPlanCard title="Warm" description="The agent briefs the third party first." plan={plans.warm} />
          <TransferPlanCard title="Conference" description="The third party joins the call." plan={plans.conference} />
        </div>
      )}
    </section>
  );
}
