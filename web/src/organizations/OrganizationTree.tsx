import { useState } from "react";
import { Button, Collection, type Key, Tree, TreeItem, TreeItemContent, TreeLoadMoreItem } from "react-aria-components";
import { useQuery } from "urql";
import { OrganizationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { type OrganizationNode, useChildOrganizations } from "./useChildOrganizations";

/** The tree of organizations to act for. Ancestors cannot be chosen; children load when their parent is expanded. */
export function OrganizationTree({ onSelectOrganization }: { onSelectOrganization: (id: string) => void }) {
  const { viewer, organizationId } = useSession();
  const own = viewer.organization;
  const [{ data }] = useQuery({ query: OrganizationDocument, variables: { id: own.id } });
  const [open, setOpen] = useState(() => new Set<Key>([own.id]));
  const childOrganizations = useChildOrganizations(open);
  const onSelect = (id: string) => {
    if (id.startsWith("again ")) childOrganizations.childrenOf(id.slice("again ".length)).retry?.();
    else onSelectOrganization(id);
  };
  const ancestors = [...(data?.organization?.ancestors ?? [])].reverse();
  return (
    <>
      {ancestors.length > 0 && (
        <p className="tree-ancestors">
          <span className="visually-hidden">Below </span>
          {ancestors.map(({ name }) => name).join(" › ")} ›
        </p>
      )}
      <Tree
        aria-label="Organizations"
        className="tree"
        autoFocus
        selectionMode="single"
        selectedKeys={[organizationId]}
        expandedKeys={open}
        onExpandedChange={setOpen}
        disallowEmptySelection
        escapeKeyBehavior="none"
        onSelectionChange={(chosen) => onSelect(chosen === "all" ? "" : String([...chosen][0]))}
      >
        <TreeNode
          organization={{ id: own.id, name: own.name, mayHaveChildren: true }}
          childOrganizations={childOrganizations}
          current={organizationId}
        />
      </Tree>
    </>
  );
}

interface TreeNodeProps {
  organization: OrganizationNode;
  childOrganizations: ReturnType<typeof useChildOrganizations>;
  current: string;
}

function TreeNode({ organization, childOrganizations, current }: TreeNodeProps) {
  const children = childOrganizations.childrenOf(organization.id);
  const mayHaveChildren = organization.mayHaveChildren && !(children.state === "loaded" && children.nodes.length === 0);
  return (
    <TreeItem id={organization.id} textValue={organization.name} hasChildItems={mayHaveChildren} className="tree-item">
      <TreeItemContent>
        {({ hasChildItems, isExpanded, level }) => (
          <span className="tree-row" style={{ paddingInlineStart: `${(level - 1) * 18}px` }}>
            {hasChildItems && mayHaveChildren ? (
              <Button slot="chevron" className="tree-chevron" data-open={isExpanded}>
                <span className="chevron" aria-hidden="true" />
              </Button>
            ) : (
              <span className="tree-chevron" />
            )}
            {organization.name}
            {organization.id === current && <span className="tree-current">acting</span>}
          </span>
        )}
      </TreeItemContent>
      <Collection items={children.nodes} dependencies={[childOrganizations, current]}>
        {(child) => <TreeNode organization={child} childOrganizations={childOrganizations} current={current} />}
      </Collection>
      {children.retry && (
        <TreeItem id={`again ${organization.id}`} textValue="Try again" className="tree-item" onAction={children.retry}>
          <TreeItemContent>
            {({ level }) => (
              <span className="tree-row small" style={{ paddingInlineStart: `${(level - 1) * 18 + 26}px` }}>
                Could not be loaded: try again
              </span>
            )}
          </TreeItemContent>
        </TreeItem>
      )}
      {mayHaveChildren && !children.retry && (children.loadMore || children.state === "loading") && (
        // A placeholder for children not loaded yet: without one, the item could not be expanded by keyboard.
        <TreeLoadMoreItem className="tree-item muted small" onLoadMore={children.loadMore} isLoading>
          Loading…
        </TreeLoadMoreItem>
      )}
    </TreeItem>
  );
}
