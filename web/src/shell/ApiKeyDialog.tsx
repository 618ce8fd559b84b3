import type { Scope } from "../generated/graphql";
import { useSession } from "../session/Session";
import { Dialog } from "./Dialog";

const SCOPE_LABELS: Record<Scope, string> = {
  PHONE_NUMBERS_READ: "See phone numbers",
  PHONE_NUMBERS_MANAGE: "See, add, share and delete phone numbers",
  TRUNKS_READ: "See trunks",
  TRUNKS_MANAGE: "See and change trunks",
  AGENTS_READ: "See agents and their versions",
  AGENTS_MANAGE: "See and change agents, publish versions, write slots",
  CONVERSATIONS_READ: "See conversations, ask which number it would be",
  CONVERSATIONS_MANAGE: "See conversations, call, hang up, transfer",
  CALLS_ROUTE: "Route inbound calls and report on them",
  API_KEYS_MANAGE: "See, create and revoke API keys",
  CHILD_ORGANIZATIONS_MANAGE: "Act for the organizations below, and create them",
  CAMPAIGNS_READ: "See campaigns, their contacts and figures",
  CAMPAIGNS_MANAGE: "See, create, change, start and stop campaigns",
  SUPPRESSIONS_MANAGE: "See, add and remove numbers that are never called",
  AUDIT_READ: "Read the audit",
};

/** Shows the organization and the scopes of the key. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  const { viewer, hasScope } = useSession();
  const scopes = Object.keys(SCOPE_LABELS) as Scope[];
  return (
    <Dialog title={`The key “${viewer.apiKey.name}”`} onClose={onClose}>
      <p className="muted">
        It belongs to {viewer.organization.name} and holds {viewer.scopes.length} of {scopes.length} scopes.
      </p>
      <ul className="scopes">
        {scopes.map((scope) => (
          <li key={scope} data-granted={hasScope(scope)}>
            <span className="visually-hidden">{hasScope(scope) ? "Holds" : "Lacks"}</span>
            <code className="mono">{scope}</code>
            <span className="muted small">{SCOPE_LABELS[scope]}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
