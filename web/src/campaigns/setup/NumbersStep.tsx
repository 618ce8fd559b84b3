import { useState } from "react";
import { Field, findFieldError } from "../../shell/Field";
import { SegmentedControl } from "../../shell/SegmentedControl";
import { PoolPicker } from "./PoolPicker";
import { poolInput, readPool } from "./poolChoice";
import type { SetupStepProps } from "./SetupPage";
import { StepForm } from "./StepForm";
import { type EditInput, useCampaignEdit } from "./useCampaignEdit";

const WAYS = { pool: "A pool", one: "One number", agent: "By the agent" } as const;
type Way = keyof typeof WAYS;

const SENTENCES: Record<Way, string> = {
  pool: "Each contact is called from the number of the pool that fits it best: the one of its last call, then its area code, time zone and country. A number at its cap waits; no other stands in.",
  one: "Every contact is called from this number.",
  agent: "The number that the agent is bound to is taken, as for a single call.",
};

export function NumbersStep(props: SetupStepProps) {
  const { campaign } = props;
  const [way, setWay] = useState<Way>(() => wayOf(campaign));
  const [pool, setPool] = useState(() => readPool(campaign.pool));
  const [number, setNumber] = useState(campaign.agentNumber ?? "");
  const input: EditInput = {
    pool: way === "pool" ? poolInput(pool) : [],
    agentNumber: way === "one" ? number.trim() || null : null,
  };
  const edit = useCampaignEdit(campaign, input);
  const lead = "Which number the person called sees.";
  return (
    <StepForm {...props} step="numbers" title="Numbers" lead={lead} edit={edit} fields={["agentNumber"]}>
      <SegmentedControl legend="Call from" options={WAYS} value={way} onChange={setWay} />
      <p className="note">{SENTENCES[way]}</p>
      {way === "pool" && <PoolPicker pool={pool} onChange={setPool} />}
      {way === "one" && (
        <Field
          label="Number"
          hint="Your own, or one that you may borrow, with its country code."
          errorMessage={findFieldError(edit.refusals, "agentNumber")}
        >
          {(controlProps) => (
            <input
              {...controlProps}
              type="tel"
              required
              autoComplete="off"
              placeholder="+"
              value={number}
              onChange={({ target }) => setNumber(target.value)}
            />
          )}
        </Field>
      )}
    </StepForm>
  );
}

function wayOf({ pool, agentNumber }: SetupStepProps["campaign"]): Way {
  if (pool.length > 0) return "pool";
  return agentNumber ? "one" : "agent";
}
