import { useQuery } from "urql";
import { OrganizationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { useSwitchOrganization } from "./useSwitchOrganization";

/** Shown while acting for another organization than the key's own, with a way back. */
export function ActingOrganizationBanner() {
  const { organizationId, viewer } = useSession();
  const own = viewer.organization;
  const [{ data }] = useQuery({ query: OrganizationDocument, variables: { id: organizationId } });
  const switchTo = useSwitchOrganization();
  if (organizationId === own.id) return null;
  return (
    <p className="banner acting-banner" role="status">
      <span>
        You act for <strong>{data?.organization?.name ?? "another organization"}</strong>.
      </span>
      <button type="button" className="button small" onClick={() => switchTo(own.id)}>
        Back to {own.name}
      </button>
    </p>
  );
}
