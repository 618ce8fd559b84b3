import { Link } from "wouter";
import type { RefusalFragment } from "../../generated/graphql";
import { useSession } from "../../session/Session";
import { STEPS, stepOf } from "./steps";

interface Props {
  campaignId: string;
  problems: readonly Pick<RefusalFragment, "message">[];
  title?: string;
}

/** Lists what keeps a campaign from starting, each with a link to the step that mends it. */
export function Problems({ campaignId, problems, title = "It did not work" }: Props) {
  const { href } = useSession();
  if (problems.length === 0) return null;
  return (
    <div className="problems" role="alert">
      <h2>{title}</h2>
      <ul>
        {problems.map(({ message }) => {
          const step = stepOf({ message });
          return (
            <li key={message}>
              <span>{message}</span>{" "}
              {step && <Link href={href(`/campaigns/${campaignId}/setup`, { step })}>Go to {STEPS[step]}</Link>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
