import { TrunksDocument, type TrunksQuery } from "../generated/graphql";
import { EntityComboBox } from "./EntityComboBox";
import { useEntityOptions } from "./useEntityOptions";

type Trunk = TrunksQuery["trunks"]["nodes"][number];

const select = (data: TrunksQuery) => data.trunks;
const toOption = ({ id, name, outbound }: Trunk) => ({ id, name, note: outbound ? "" : "cannot dial out" });
const ANY_TRUNK = { document: TrunksDocument, select, toOption };
const OWN_TRUNK = {
  ...ANY_TRUNK,
  toOption: (trunk: Trunk) => (trunk.kind === "MANAGED_TWILIO" ? null : toOption(trunk)),
};

interface Props {
  value: string;
  onChange: (id: string) => void;
}

export function TrunkFilterComboBox(props: Props) {
  return <EntityComboBox label="Trunk" labelInField options={useEntityOptions(ANY_TRUNK, props.value)} {...props} />;
}

const TRUNK_HINT = "The way to the carrier. Managed trunks get their numbers from the operator.";
const NO_TRUNK_HINT =
  "There is no trunk of your own yet: create one with createTrunk in GraphiQL. Numbers on managed trunks are added by the operator.";

/** A combo box of the trunks that a number can be added to. */
export function OwnTrunkComboBox(props: Props & { errorMessage: string | undefined }) {
  const entries = useEntityOptions(OWN_TRUNK, props.value);
  const none = entries.items.length === 0 && !entries.loading && !entries.loadMore && !entries.error;
  return (
    <EntityComboBox label="Trunk" required options={entries} hint={none ? NO_TRUNK_HINT : TRUNK_HINT} {...props} />
  );
}
