import type { CampaignSettingsFragment, CreateOutboundConversationInput } from "../../generated/graphql";

interface Call {
  organizationId: string;
  /** A number of the pool; empty where there is none. */
  from: string;
  to: string;
}

/** Returns the call that a campaign would make: from its number, with its agent and context. */
export function testCallInput(
  {
    agentNumber,
    agentVersion,
    initialContext,
  }: Pick<CampaignSettingsFragment, "agentNumber" | "agentVersion" | "initialContext">,
  { organizationId, from, to }: Call,
): CreateOutboundConversationInput {
  const number = from || agentNumber;
  return {
    organizationId,
    to: to.trim(),
    ...(number && { agentNumber: number }),
    ...(agentVersion && { agentVersionId: agentVersion.id }),
    ...(initialContext && { initialContext }),
  };
}
