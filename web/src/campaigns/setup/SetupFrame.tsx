import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { useSession } from "../../session/Session";
import { scrollSideways } from "../../shell/scrollSideways";
import { STEPS, STEP_ORDER, type Step } from "./steps";

interface Props {
  title: string;
  lead: string;
  step: Step;
  /** Absent until there is a draft: then only the first step can be opened. */
  campaign?: { id: string; name: string };
  /** Leaves for another step, once what was entered is saved. */
  onLeave?: (step: Step) => void;
  children: ReactNode;
}

/** The frame around each step: the way back, the steps, and a heading that takes the focus where a step begins. */
export function SetupFrame({ title, lead, step, campaign, onLeave, children }: Props) {
  const { href } = useSession();
  const heading = useRef<HTMLHeadingElement>(null);
  const steps = useRef<HTMLElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    const link = steps.current?.querySelector("[aria-current]");
    if (steps.current && link) scrollSideways(steps.current, link);
  }, [step]);
  return (
    <div className="campaign setup">
      <title>{`${title} · ${campaign?.name ?? "New campaign"} · Dialtree`}</title>
      <Link className="back" href={href(campaign ? `/campaigns/${campaign.id}` : "/campaigns")}>
        ← {campaign?.name ?? "Campaigns"}
      </Link>
      <nav ref={steps} className="setup-steps" aria-label="Steps">
        <ol>
          {STEP_ORDER.map((one, index) => (
            <li key={one} data-done={index < STEP_ORDER.indexOf(step)}>
              <StepLink step={one} current={one === step} number={index + 1} campaign={campaign} onLeave={onLeave} />
            </li>
          ))}
        </ol>
      </nav>
      <header className="setup-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p className="muted">{lead}</p>
      </header>
      {children}
    </div>
  );
}

interface StepLinkProps {
  step: Step;
  current: boolean;
  number: number;
  campaign: Props["campaign"] | undefined;
  onLeave: Props["onLeave"] | undefined;
}

function StepLink({ step, current, number, campaign, onLeave }: StepLinkProps) {
  const { href } = useSession();
  const content = (
    <>
      <span className="setup-step-number" aria-hidden="true">
        {number}
      </span>
      {STEPS[step]}
    </>
  );
  if (!campaign) return <span aria-current={current ? "step" : undefined}>{content}</span>;
  const leave = (event: MouseEvent) => {
    if (!onLeave || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onLeave(step);
  };
  return (
    <Link
      href={href(`/campaigns/${campaign.id}/setup`, { step })}
      aria-current={current ? "step" : undefined}
      onClick={leave}
    >
      {content}
    </Link>
  );
}
