import { useState } from "react";
import { Button, Collection, type Key, Tree, TreeItem, TreeItemContent, TreeLoadMoreItem } from "react-aria-components";
import { useQuery } from "urql";
import { OrganizationDocument } from "../generated/graphql";
import { useSession } from "../session/Session";
import { type Branch, useBranches } from "./useBranches";

/** Ancestors are shown for orientation and cannot be chosen; children are loaded when their parent is opened. */
export function OrganizationTree({ choose }: { choose: (id: string) => void }) {
  const { viewer, organizationId } = useSession();
  const own = viewer.organization;
  const [{ data }] = useQuery({ query: OrganizationDocument, variables: { id: own.id } });
  const [open, setOpen] = useState(() => new Set<Key>([own.id]));
  const branches = useBranches(open);
  const take = (id: string) => {
    if (id.startsWith("again ")) branches.childrenOf(id.slice("again ".length)).again?.();
    else choose(id);
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
        onSelectionChange={(chosen) => take(chosen === "all" ? "" : String([...chosen][0]))}
      >
        <Twig
          branch={{ id: own.id, name: own.name, mayHaveChildren: true }}
          branches={branches}
          current={organizationId}
        />
      </Tree>
    </>
  );
}

interface TwigProps {
  branch: Branch;
  branches: ReturnType<typeof useBranches>;
  current: string;
}

function Twig({ branch, branches, current }: TwigProps) {
  const children = branches.childrenOf(branch.id);
  const mayHaveChildren = branch.mayHaveChildren && !(children.state === "loaded" && children.branches.length === 0);
  return (
    <TreeItem id={branch.id} textValue={branch.name} hasChildItems={mayHaveChildren} className="tree-item">
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
            {branch.name}
            {branch.id === current && <span className="tree-current">acting</span>}
          </span>
        )}
      </TreeItemContent>
      <Collection items={children.branches} dependencies={[branches, current]}>
        {(child) => <Twig branch={child} branches={branches} current={current} />}
      </Collection>
      {children.again && (
        <TreeItem id={`again ${branch.id}`} textValue="Try again" className="tree-item" onAction={children.again}>
          <TreeItemContent>
            {({ level }) => (
              <span className="tree-row small" style={{ paddingInlineStart: `${(level - 1) * 18 + 26}px` }}>
                Could not be loaded: try again
              </span>
            )}
          </TreeItemContent>
        </TreeItem>
      )}
      {mayHaveChildren && !children.again && (children.more || children.state === "loading") && (
        // Stands for what is not loaded yet: an item without it could not be opened by keyboard.
        <TreeLoadMoreItem className="tree-item quiet small" onLoadMore={children.more} isLoading>
          Loading…
        </TreeLoadMoreItem>
      )}
    </TreeItem>
  );
}
