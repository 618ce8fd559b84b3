import { useEffect, useRef, useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { useQuery } from "urql";
import { OrganizationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { useShortcut } from "../shell/useShortcut";
import { OrganizationTree } from "./OrganizationTree";
import { takePendingFocus, useSwitchOrganization } from "./useSwitchOrganization";

/** Shows and switches the acting organization: the key's own, or one below it. */
export function OrganizationSwitcher() {
  const { organizationId, viewer, hasScope } = useSession();
  const [open, setOpen] = useState(false);
  const [host, setHost] = useState<HTMLElement | null>(null);
  const switchTo = useSwitchOrganization();
  const [{ data }] = useQuery({ query: OrganizationDocument, variables: { id: organizationId } });
  useShortcut("o", () => setOpen(true));
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takePendingFocus()) button.current?.focus();
  }, []);

  const name = data ? (data.organization?.name ?? "Unknown organization") : "…";
  if (!hasScope("CHILD_ORGANIZATIONS_MANAGE") && organizationId === viewer.organization.id) {
    return <span className="organization-name">{name}</span>;
  }

  function selectOrganization(id: string) {
    setOpen(false);
    if (id !== organizationId) switchTo(id);
  }

  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button ref={button} className="button switcher" aria-label={`Acting organization: ${name}`}>
        <span className="switcher-name">{name}</span>
        <span aria-hidden="true" className="chevron" />
      </Button>
      <span ref={setHost} className="popover-host" />
      <Popover className="popover" placement="bottom start" UNSTABLE_portalContainer={host ?? undefined}>
        <Dialog className="popover-dialog" aria-label="Choose the acting organization">
          <OrganizationTree onSelectOrganization={selectOrganization} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
