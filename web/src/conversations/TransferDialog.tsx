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
import { complaintAbout } from "../shell/explain";
import { Segments } from "../shell/Segments";
import { say } from "../shell/toasts";
import { Plan } from "./Plan";

const KINDS = { COLD: "Cold", WARM: "Warm", CONFERENCE: "Conference" } as const;
const WORDS: Record<TransferKind, string> = {
  COLD: "The caller is handed over, and the agent leaves.",
  WARM: "The agent briefs the third party first.",
  CONFERENCE: "The third party joins the call.",
};
const SHOWN = { TRANSFEREE_NUMBER: "The caller’s", AGENT_NUMBER: "The agent’s" } as const;

/** Hands a live call over, or brings somebody in: first the plan, with what they would see, then the deed. */
export function TransferDialog({ id, close }: { id: string; close: () => void }) {
  const { reads } = useSession();
  const [kind, setKind] = useState<TransferKind>("COLD");
  const [displayedNumber, setDisplayed] = useState<DisplayedNumber>("TRANSFEREE_NUMBER");
  const [typed, setTyped] = useState("");
  const [{ fetching }, transfer] = useMutation(TransferConversationDocument);
  const [complaint, setComplaint] = useState<string | null>(null);
  const transferNumber = useDeferredValue(typed.trim());
  const [{ data, error }] = useQuery({
    query: TransferPlansDocument,
    variables: { id, transferNumber: transferNumber || null },
    requestPolicy: "network-only",
  });
  const plan = !error && data?.conversation && planOf(data.conversation, kind, displayedNumber);

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
    const answer = await transfer({ input, withAgents: reads("AGENTS") });
    const wrong = complaintAbout(answer.error, answer.data?.transferConversation.userErrors);
    setComplaint(wrong);
    if (wrong) return;
    say("good", "The transfer has begun.");
    close();
  }

  return (
    <Dialog title="Transfer the call" close={close}>
      <form onSubmit={submit} className="form">
        <Segments legend="How the third party joins" choices={KINDS} value={kind} choose={setKind} />
        <Field label="Third party" hint="A number with its country code, or a sip: address.">
          {(wiring) => (
            <input
              {...wiring}
              data-first
              required
              autoComplete="off"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
        {kind === "COLD" && (
          <Segments legend="Number they see" choices={SHOWN} value={displayedNumber} choose={setDisplayed} />
        )}
        {kind === "WARM" && (
          <Field label="What the agent tells them" hint="May be left empty.">
            {(wiring) => <textarea {...wiring} name="brief" maxLength={20000} />}
          </Field>
        )}
        {plan && <Plan title="They would see" words={WORDS[kind]} plan={plan} />}
        {error && <p className="warning small">What they would see is not known: {complaintAbout(error, [])}</p>}
        {complaint && (
          <p role="alert" className="field-error">
            {complaint}
          </p>
        )}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={close}>
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

function planOf(plans: Plans, kind: TransferKind, displayed: DisplayedNumber) {
  if (kind === "WARM") return plans.warm;
  if (kind === "CONFERENCE") return plans.conference;
  return displayed === "AGENT_NUMBER" ? plans.coldShowingAgent : plans.coldShowingTransferee;
}
