import { useQuery } from "urql";
import { type NumberRowFragment, NumbersOfAgentDocument, type SlotDirection } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { describeError } from "../shell/errorText";
import { SLOTS_OF, numbersOnOtherVersions, SLOT_NAMES, slotOf } from "./slotChanges";
import type { VersionChoice } from "./useVersionChoice";

interface Props {
  number: NumberRowFragment;
  chosen: VersionChoice;
  direction: SlotDirection;
  alsoMoved: readonly string[];
  setAlsoMoved: (numbers: readonly string[]) => void;
}

/** Previews how the slots of this number change, and offers to move the agent's other numbers along. */
export function SlotChanges({ number, chosen, direction, alsoMoved, setAlsoMoved }: Props) {
  const { organizationId } = useSession();
  const { agent, version } = chosen;
  const [{ data, error }] = useQuery({
    query: NumbersOfAgentDocument,
    variables: { organizationId, agentId: agent.id },
    requestPolicy: "cache-and-network",
  });
  const query = { agentId: agent.id, version: version.number, direction, e164: number.e164 };
  const others = numbersOnOtherVersions(data?.phoneNumbers.nodes ?? [], query);
  return (
    <section className="slot-changes" aria-label="What changes">
      <ul>
        {!version.published && <li>v{version.number} is published, and can’t be changed from then on.</li>}
        {SLOTS_OF[direction].map((one) => (
          <li key={one}>
            {SLOT_NAMES[one]} slot: <SlotChange from={slotOf(number, one)?.agentVersion} to={chosen} />
          </li>
        ))}
      </ul>
      {error && (
        <p className="warning small">
          The other numbers that hold it could not be loaded: {describeError(error).title}.
        </p>
      )}
      {others.length > 0 && (
        <fieldset className="also-moved">
          <legend>Other numbers on another version of {agent.name}; also move:</legend>
          {others.map(({ e164, versions }) => (
            <label key={e164} className="check">
              <input
                type="checkbox"
                checked={alsoMoved.includes(e164)}
                onChange={({ target }) =>
                  setAlsoMoved(target.checked ? [...alsoMoved, e164] : alsoMoved.filter((one) => one !== e164))
                }
              />
              {formatPhoneNumber(e164)} <span className="muted">holds v{[...new Set(versions)].join(" and v")}</span>
            </label>
          ))}
          {data?.phoneNumbers.pageInfo.hasNextPage && (
            <p className="muted small">Only its first hundred numbers are shown.</p>
          )}
        </fieldset>
      )}
    </section>
  );
}

interface MoveProps {
  from: { id: string; number: number; agent: { id: string; name?: string } } | null | undefined;
  to: VersionChoice;
}

function SlotChange({ from, to }: MoveProps) {
  const after = `${to.agent.name} v${to.version.number}`;
  if (!from) return <>empty → {after}</>;
  if (from.id === to.version.id) return <>already {after}, nothing changes</>;
  return (
    <>
      {from.agent.name} v{from.number} → {after}
    </>
  );
}
