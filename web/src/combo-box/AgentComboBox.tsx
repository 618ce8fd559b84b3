import { AgentsDocument, type AgentsQuery } from "../generated/graphql";
import { EntityComboBox } from "./EntityComboBox";
import { useEntityOptions } from "./useEntityOptions";

type Agent = AgentsQuery["agents"]["nodes"][number];

interface Props {
  value: string;
  onChange: (id: string) => void;
  labelInField?: boolean;
  required?: boolean;
  isInvalid?: boolean;
}

const SOURCE = {
  document: AgentsDocument,
  select: (data: AgentsQuery) => data.agents,
  toOption: ({ id, name, active, publishedVersion }: Agent) => {
    const note = [
      publishedVersion ? `v${publishedVersion.number}` : "nothing published",
      ...(active ? [] : ["inactive"]),
    ];
    return { id, name, note: note.join(", ") };
  },
};

export function AgentComboBox(props: Props) {
  return <EntityComboBox label="Agent" options={useEntityOptions(SOURCE, props.value)} {...props} />;
}
