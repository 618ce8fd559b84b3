import { useState } from "react";
import type { PreviewAssumptionsInput } from "../../generated/graphql";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { AssumptionsForm } from "./AssumptionsForm";
import { PreviewPanel } from "./PreviewPanel";
import { SetupFrame } from "./SetupFrame";
import type { SetupStepProps } from "./SetupPage";
import { usePreview } from "./usePreview";
import { useSteps } from "./useSteps";

/** What would happen: the functions that dial are asked, and nobody is called. */
export function DryRunStep({ campaign }: SetupStepProps) {
  const { go } = useSteps(campaign.id, "dry-run");
  const [assume, setAssume] = useState<PreviewAssumptionsInput | null>(null);
  const { preview, error, fetching, retry } = usePreview(campaign.id, assume);
  return (
    <SetupFrame
      title="Dry run"
      lead="What would happen if it started now. Nothing is written, and nobody is called."
      step="dry-run"
      campaign={campaign}
    >
      {error && <ErrorMessage error={error} retry={retry} />}
      {!preview && !error && <Loading label="the dry run" />}
      {preview && !error && (
        <div className="dry-run" aria-busy={fetching} data-outdated={fetching}>
          <PreviewPanel campaignId={campaign.id} preview={preview} />
          <AssumptionsForm assumptions={preview.assumptions} busy={fetching} onChange={setAssume} />
        </div>
      )}
      <footer className="setup-foot">
        <button type="button" className="button" onClick={() => go("hours")}>
          Back
        </button>
        <button type="button" className="button" disabled={fetching} onClick={retry}>
          Run it again
        </button>
        <button type="button" className="button primary" onClick={() => go("start")}>
          Continue
        </button>
      </footer>
    </SetupFrame>
  );
}
