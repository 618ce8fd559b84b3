import { useDeferredValue, useState } from "react";
import { useQuery } from "urql";
import { TransferPlansDocument } from "../generated/graphql";
import { Field } from "../shell/Field";
import { Problem } from "../shell/Problem";
import { Plan } from "./Plan";

/** What a third party would see, if the call were transferred now: every way side by side. */
export function TransferCallerId({ id }: { id: string }) {
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
      <h2 id="caller-id">What a transfer’s third party would see</h2>
      <div className="target">
        <Field label="Third party" hint="A number or a sip: address; some telephone where empty.">
          {(wiring) => (
            <input
              {...wiring}
              autoComplete="off"
              placeholder="Any telephone"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
      </div>
      {error && <Problem error={error} retry={() => again()} />}
      {plans && !error && (
        <div className="plans">
          <Plan
            title="Cold"
            choice="TRANSFEREE_NUMBER"
            words="Shows the caller’s own number. The default."
            plan={plans.coldShowingTransferee}
          />
          <Plan title="Cold" choice="AGENT_NUMBER" words="Shows the agent’s number." plan={plans.coldShowingAgent} />
          <Plan title="Warm" words="The agent briefs the third party first." plan={plans.warm} />
          <Plan title="Conference" words="The third party joins the call." plan={plans.conference} />
        </div>
      )}
    </section>
  );
}
