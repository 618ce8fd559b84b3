import { Link, useLocation } from "wouter";
import { useSession } from "../../session/Session";
import { showToast } from "../../shell/toasts";
import { CampaignStatusBadge } from "../CampaignStatusBadge";
import { useCampaignControls } from "../useCampaignControls";
import { Problems } from "./Problems";
import { SetupFrame } from "./SetupFrame";
import type { SetupStepProps } from "./SetupPage";
import { TestCall } from "./TestCall";
import { usePreview } from "./usePreview";
import { useSteps } from "./useSteps";

/** One test call first, and then the start. */
export function StartStep({ campaign }: SetupStepProps) {
  const { go } = useSteps(campaign.id, "start");
  return (
    <SetupFrame
      title="Start"
      lead="Hear it yourself first: one call to a number of yours, as the campaign would make it."
      step="start"
      campaign={campaign}
    >
      <TestCall campaign={campaign} />
      <Start campaign={campaign} />
      <footer className="setup-foot">
        <button type="button" className="button" onClick={() => go("dry-run")}>
          Back
        </button>
      </footer>
    </SetupFrame>
  );
}

function Start({ campaign }: Pick<SetupStepProps, "campaign">) {
  const { href } = useSession();
  const [, navigate] = useLocation();
  const { start, busy, problems } = useCampaignControls(campaign.id);
  const { preview } = usePreview(campaign.id, null);
  const { id, name, status, startedAt } = campaign;

  async function submit() {
    if (!(await start())) return;
    showToast("good", `${name} is started.`);
    navigate(href(`/campaigns/${id}`));
  }

  if (status === "RUNNING") {
    return (
      <section className="panel start-panel" aria-label="Start the campaign">
        <p>
          <CampaignStatusBadge campaign={campaign} />{" "}
          <span className="muted">What you change holds from the next call on.</span>
        </p>
        <Link className="button primary" href={href(`/campaigns/${id}`)}>
          See how it goes
        </Link>
      </section>
    );
  }
  const missing = problems.length ? problems : (preview?.notReady ?? []);
  return (
    <section className="panel start-panel" aria-label="Start the campaign">
      <p>
        <strong>{preview ? preview.dialable.toLocaleString("en") : "…"}</strong>{" "}
        <span className="muted">would be called. It can be paused at any time: nothing is dialed after that.</span>
      </p>
      <button className="button primary" disabled={busy} onClick={() => void submit()}>
        {busy ? "Starting…" : startedAt ? "Resume the campaign" : "Start the campaign"}
      </button>
      <Problems campaignId={id} problems={missing} title="Before it can start" />
    </section>
  );
}
