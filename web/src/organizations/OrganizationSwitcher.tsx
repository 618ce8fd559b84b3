import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { useQuery } from "urql";
import { useLocation } from "wouter";
import { OrganizationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { useShortcut } from "../shell/useShortcut";
import { OrganizationTree } from "./OrganizationTree";

/** Who is acting: the key's own organization, or one below it. */
export function OrganizationSwitcher() {
  const { organizationId, viewer, holds } = useSession();
  const [open, setOpen] = useState(false);
  const [host, setHost] = useState<HTMLElement | null>(null);
  const [location, navigate] = useLocation();
  const [{ data }] = useQuery({ query: OrganizationDocument, variables: { id: organizationId } });
  useShortcut("o", () => setOpen(true));

  const name = data ? (data.organization?.name ?? "Unknown organization") : "…";
  if (!holds("CHILD_ORGANIZATIONS_MANAGE") && organizationId === viewer.organization.id) {
    return <span className="organization-name">{name}</span>;
  }

  function choose(id: string) {
    setOpen(false);
    const page = location.startsWith("/conversations/") ? "/conversations" : location;
    navigate(`${page}?organization=${id}`);
  }

  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="button switcher" aria-label={`Acting organization: ${name}`}>
        <span className="switcher-name">{name}</span>
        <span aria-hidden="true" className="chevron" />
      </Button>
      <span ref={setHost} className="popover-host" />
      <Popover className="popover" placement="bottom start" UNSTABLE_portalContainer={host ?? undefined}>
        <Dialog className="popover-dialog" aria-label="Choose the acting organization">
          <OrganizationTree choose={choose} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
