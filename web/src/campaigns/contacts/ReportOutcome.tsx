import { useState } from "react";
import { useSession } from "../../session/Session";
import { ReportOutcomeDialog } from "./ReportOutcomeDialog";
import type { LiveContact } from "./useLiveContact";

interface Props {
  conversation: Pick<NonNullable<LiveContact["attempts"][number]["conversation"]>, "id" | "answeredAt">;
  changed: () => void;
}

/** A button to tell what became of an answered call, if the key may. */
export function ReportOutcome({ conversation: { id, answeredAt }, changed }: Props) {
  const { canManage, hasScope } = useSession();
  const [telling, setTelling] = useState(false);
  if (!answeredAt || !(canManage("CONVERSATIONS") || hasScope("CALLS_ROUTE"))) return null;
  return (
    <>
      <button className="button small" onClick={() => setTelling(true)}>
        Report outcome
      </button>
      {telling && <ReportOutcomeDialog conversationId={id} changed={changed} onClose={() => setTelling(false)} />}
    </>
  );
}
