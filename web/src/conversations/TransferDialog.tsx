import { type FormEvent, useDeferredValue, useState } from "react";
import { useMutation, useQuery } from "urql";
import {
  type DisplayedNumber,
  TransferConversationDocument,
  type TransferKind,
  TransferPlansDocument,
  type TransferPlansQuery,
} from "../generated/graphql";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";
import { Field } from "../shell/Field";
import { mutationError } from "../shell/errorText";
import { SegmentedControl } from "../shell/SegmentedControl";
import { TransferPlanCard } from "./TransferPlanCard";

const KIND_LABELS = { COLD: "Cold", WARM: "Warm", CONFERENCE: "Conference" } as const;
const KIND_DESCRIPTIONS: Record<TransferKind, string> = {
  COLD: "The caller is handed over, and the agent leaves.",
  WARM: "The agent briefs the third party first.",
  CONFERENCE: "The third party joins the call.",
};
const DISPLAYED_NUMBER_LABELS = { TRANSFEREE_NUMBER: "The caller’s", AGENT_NUMBER: "The agent’s" } as const;

/** Transfers a live call, after a preview of the caller ID that the third party will see. */
export function TransferDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { canRead } = useSession();
  const [kind, setKind] = useState<TransferKind>("COLD");
  const [displayedNumber, setDisplayed] = useState<DisplayedNumber>("TRANSFEREE_NUMBER");
  const [typed, setTyped] = useState("");
  const [{ fetching }, transfer] = useMutation(TransferConversationDocument);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);
  const transferNumber = useDeferredValue(typed.trim());
  const [{ data, error }] = useQuery({
    query: TransferPlansDocument,
    variables: { id, transferNumber: transferNumber || null },
    requestPolicy: "network-only",
  });
  const plan = !error && data?.conversation && planFor(data.conversation, kind, displayedNumber);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const brief = String(new FormData(event.currentTarget).get("brief") ?? "").trim();
    const input = {
      conversationId: id,
      kind,
      transferNumber: typed.trim(),
      ...(kind === "COLD" && { displayedNumber }),
      ...(kind === "WARM" && brief && { supervisorInstructions: brief }),
    };
    const answer = await transfer({ input, withAgents: canRead("AGENTS") });
    const wrong = mutationError(answer.error, answer.data?.transferConversation.userErrors);
    setErrorMessage(wrong);
    if (wrong) return;
    onClose();
  }

  return (
    <Dialog title="Transfer the call" onClose={onClose}>
      <form onSubmit={submit} className="form">
        <SegmentedControl legend="How the third party joins" options={KIND_LABELS} value={kind} onChange={setKind} />
        <Field label="Third party" hint="A number with its country code, or a sip: address.">
          {(controlProps) => (
            <input
              {...controlProps}
              data-autofocus
              required
              autoComplete="off"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
        {kind === "COLD" && (
          <SegmentedControl
            legend="Number they see"
            options={DISPLAYED_NUMBER_LABELS}
            value={displayedNumber}
            onChange={setDisplayed}
          />
        )}
        {kind === "WARM" && (
          <Field label="What the agent tells them" hint="May be left empty.">
            {(controlProps) => <textarea {...controlProps} name="brief" maxLength={20000} />}
          </Field>
        )}
        {plan && <TransferPlanCard title="They would see" description={KIND_DESCRIPTIONS[kind]} plan={plan} />}
        {error && <p className="warning small">What they would see is not known: {mutationError(error, [])}</p>}
        {errorMessage && (
          <p role="alert" className="field-error">
            {errorMessage}
          </p>
        )}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button className="button primary" disabled={fetching || Boolean(plan && plan.refusal)}>
            {fetching ? "Transferring…" : "Transfer"}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

type Plans = NonNullable<TransferPlansQuery["conversation"]>;

export function planFor(plans: Plans, kind: TransferKind, displayed: DisplayedNumber) {
  if (kind === "WARM") return plans.warm;
  if (kind === "CONFERENCE") return plans.conference;
  return displayed === "AGENT_NUMBER" ? plans.coldShowingAgent : plans.coldShowingTransferee;
}
