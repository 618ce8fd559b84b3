import { useQuery } from "urql";
import { type NumberRowFragment, NumbersOfAgentDocument, type SlotDirection } from "../generated/graphql";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { explain } from "../shell/explain";
import { DIRECTIONS, drifted, SLOT_NAMES, slotOf } from "./plan";
import type { Chosen } from "./useChoice";

interface Props {
  number: NumberRowFragment;
  chosen: Chosen;
  direction: SlotDirection;
  along: readonly string[];
  setAlong: (numbers: readonly string[]) => void;
}

/** Which numbers move, before anything is written; a slot that is not named stays pinned to what it holds. */
export function Moves({ number, chosen, direction, along, setAlong }: Props) {
  const { organizationId } = useSession();
  const { agent, version } = chosen;
  const [{ data, error }] = useQuery({
    query: NumbersOfAgentDocument,
    variables: { organizationId, agentId: agent.id },
    requestPolicy: "cache-and-network",
  });
  const query = { agentId: agent.id, version: version.number, direction, e164: number.e164 };
  const others = drifted(data?.phoneNumbers.nodes ?? [], query);
  return (
    <section className="moves" aria-label="What changes">
      <ul>
        {!version.published && <li>v{version.number} is published, and can’t be changed from then on.</li>}
        {DIRECTIONS[direction].map((one) => (
          <li key={one}>
            {SLOT_NAMES[one]} slot: <Move from={slotOf(number, one)?.agentVersion} to={chosen} />
          </li>
        ))}
      </ul>
      {error && <p className="warning small">Which other numbers hold it is not known: {explain(error).title}.</p>}
      {others.length > 0 && (
        <fieldset className="along">
          <legend>Stay on another version of {agent.name} unless moved along:</legend>
          {others.map(({ e164, versions }) => (
            <label key={e164} className="check">
              <input
                type="checkbox"
                checked={along.includes(e164)}
                onChange={({ target }) =>
                  setAlong(target.checked ? [...along, e164] : along.filter((one) => one !== e164))
                }
              />
              {written(e164)} <span className="quiet">holds v{[...new Set(versions)].join(" and v")}</span>
            </label>
          ))}
          {data?.phoneNumbers.pageInfo.hasNextPage && (
            <p className="quiet small">Only its first hundred numbers are looked at.</p>
          )}
        </fieldset>
      )}
    </section>
  );
}

interface MoveProps {
  from: { id: string; number: number; agent: { id: string; name?: string } } | null | undefined;
  to: Chosen;
}

function Move({ from, to }: MoveProps) {
  const after = `${to.agent.name} v${to.version.number}`;
  if (!from) return <>empty → {after}</>;
  if (from.id === to.version.id) return <>already {after}, nothing changes</>;
  return (
    <>
      {from.agent.name} v{from.number} → {after}
    </>
  );
}
