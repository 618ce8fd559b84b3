import { useQuery } from "urql";
import { AgentVersionsDocument, OutboundSlotDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import type { PreviewRequest } from "./previewRequest";

/** Returns the chosen version, else the newest published one of the chosen agent. */
export function useRequestedVersion({ agentId, speaker, versionId }: PreviewRequest) {
  const { canRead } = useSession();
  const pause = !canRead("AGENTS") || !agentId;
  const [{ data }] = useQuery({ query: AgentVersionsDocument, variables: { id: agentId }, pause });
  const versions = data?.node?.__typename === "Agent" ? data.node.versions.nodes : [];
  return speaker === "version"
    ? versions.find(({ id }) => id === versionId)
    : versions.find(({ published }) => published);
}

/** Returns the id of the agent that would speak: the chosen one, that of the chosen version, or the one in the number's slot. */
export function useRequestedAgentId(request: PreviewRequest): string | undefined {
  const { organizationId, canRead } = useSession();
  const version = useRequestedVersion(request);
  const { speaker, agentId, input } = request;
  const pause = speaker !== "" || !input.agentNumber || !canRead("PHONE_NUMBERS");
  const variables = { e164: input.agentNumber ?? "", organizationId, withAgents: canRead("AGENTS") };
  const [{ data }] = useQuery({ query: OutboundSlotDocument, variables, pause });
  if (speaker === "version") return version && agentId;
  return speaker === "agent" ? agentId : data?.phoneNumber?.outboundSlot?.agentVersion?.agent.id;
}
