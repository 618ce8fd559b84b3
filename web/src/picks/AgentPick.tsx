import { AgentsDocument, type AgentsQuery } from "../generated/graphql";
import { Choose } from "./Choose";
import { useEntries } from "./useEntries";

type Agent = AgentsQuery["agents"]["nodes"][number];

interface Props {
  value: string;
  choose: (id: string) => void;
  bare?: boolean;
  required?: boolean;
  complaint?: string | undefined;
}

const SOURCE = {
  document: AgentsDocument,
  select: (data: AgentsQuery) => data.agents,
  entry: ({ id, name, active, publishedVersion }: Agent) => {
    const note = [
      publishedVersion ? `v${publishedVersion.number}` : "nothing published",
      ...(active ? [] : ["inactive"]),
    ];
    return { id, name, note: note.join(", ") };
  },
};

export function AgentPick(props: Props) {
  return <Choose label="Agent" entries={useEntries(SOURCE, props.value)} {...props} />;
}
