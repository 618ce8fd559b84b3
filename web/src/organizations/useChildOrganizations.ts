import { useEffect, useMemo, useState } from "react";
import type { Key } from "react-aria-components";
import { type Client, useClient } from "urql";
import { ChildOrganizationsDocument, type ChildOrganizationsQuery } from "../generated/graphql";

export interface OrganizationNode {
  id: string;
  name: string;
  mayHaveChildren: boolean;
}

export interface ChildPage {
  nodes: readonly OrganizationNode[];
  state: "loading" | "loaded" | "failed";
  /** Set if there are more children to load. */
  loadMore?: (() => void) | undefined;
  /** Set if the children could not be loaded. */
  retry?: (() => void) | undefined;
}

type ChildrenById = ReadonlyMap<string, ChildPage>;
type LoadChildren = (id: string, after: string | null) => void;

const LOADING: ChildPage = { nodes: [], state: "loading" };

/** Loads the children of expanded organizations, fifty at a time. */
export function useChildOrganizations(expanded: ReadonlySet<Key>) {
  const client = useClient();
  const [children, setChildren] = useState<ChildrenById>(new Map());
  const load = useMemo(() => createLoader(client, setChildren), [client]);
  useEffect(() => expanded.forEach((id) => load(String(id), null)), [expanded, load]);
  return useMemo(() => ({ childrenOf: (id: string): ChildPage => children.get(id) ?? LOADING }), [children]);
}

/** Requests each page once, until a retry asks for it again. */
function createLoader(client: Client, setChildren: (update: (before: ChildrenById) => ChildrenById) => void) {
  const requested = new Set<string>();
  const load: LoadChildren = (id, after) => {
    const page = `${id} ${after}`;
    if (requested.has(page)) return;
    requested.add(page);
    const retry = () => {
      requested.delete(page);
      setChildren((before) => updateChildren(before, id, { state: "loading", retry: undefined }));
      load(id, after);
    };
    void client
      .query(ChildOrganizationsDocument, { id, after })
      .toPromise()
      .then(({ data }) =>
        setChildren((before) =>
          data?.organization
            ? appendPage(before, id, data, load)
            : updateChildren(before, id, { state: "failed", retry }),
        ),
      );
  };
  return load;
}

function updateChildren(children: ChildrenById, id: string, change: Partial<ChildPage>): ChildrenById {
  return new Map(children).set(id, { ...(children.get(id) ?? LOADING), ...change });
}

function appendPage(
  children: ChildrenById,
  id: string,
  data: ChildOrganizationsQuery,
  load: LoadChildren,
): ChildrenById {
  const page = data.organization?.children;
  if (!page) return children;
  const added = page.nodes.map((child) => ({
    id: child.id,
    name: child.name,
    mayHaveChildren: child.children.nodes.length > 0,
  }));
  const { hasNextPage, endCursor } = page.pageInfo;
  return updateChildren(children, id, {
    nodes: [...(children.get(id)?.nodes ?? []), ...added],
    state: "loaded",
    loadMore: hasNextPage ? () => load(id, endCursor ?? null) : undefined,
    retry: undefined,
  });
}
