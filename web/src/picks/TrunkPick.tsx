import { TrunksDocument, type TrunksQuery } from "../generated/graphql";
import { Choose } from "./Choose";
import { useEntries } from "./useEntries";

type Trunk = TrunksQuery["trunks"]["nodes"][number];

const select = (data: TrunksQuery) => data.trunks;
const entry = ({ id, name, outbound }: Trunk) => ({ id, name, note: outbound ? "" : "cannot dial out" });
const ANY = { document: TrunksDocument, select, entry };
const OWN = { ...ANY, entry: (trunk: Trunk) => (trunk.kind === "MANAGED_TWILIO" ? null : entry(trunk)) };

interface Props {
  value: string;
  choose: (id: string) => void;
}

export function TrunkFilter(props: Props) {
  return <Choose label="Trunk" bare entries={useEntries(ANY, props.value)} {...props} />;
}

const WAY = "The way to the carrier. Managed trunks get their numbers from the operator.";
const NONE =
  "There is no trunk of your own yet: create one with createTrunk in GraphiQL. Numbers on managed trunks are added by the operator.";

/** A trunk that a number can be added to. */
export function OwnTrunkPick(props: Props & { complaint: string | undefined }) {
  const entries = useEntries(OWN, props.value);
  const none = entries.items.length === 0 && !entries.loading && !entries.more && !entries.error;
  return <Choose label="Trunk" required entries={entries} hint={none ? NONE : WAY} {...props} />;
}
