import { useEffect, useMemo, useRef, useState } from "react";
import type { Key } from "react-aria-components";
import { useClient } from "urql";
import { ChildOrganizationsDocument, type ChildOrganizationsQuery } from "../generated/graphql";

export interface Branch {
  id: string;
  name: string;
  mayHaveChildren: boolean;
}

interface Loaded {
  branches: Branch[];
  more?: (() => void) | undefined;
}

const NONE: Loaded = { branches: [] };

/** The children of the organizations that are open, fifty at a time. */
export function useBranches(open: ReadonlySet<Key>) {
  const client = useClient();
  const [loaded, setLoaded] = useState<ReadonlyMap<string, Loaded>>(new Map());
  const asked = useRef(new Set<string>());

  function load(id: string, after: string | null) {
    if (asked.current.has(`${id} ${after}`)) return;
    asked.current.add(`${id} ${after}`);
    void client
      .query(ChildOrganizationsDocument, { id, after })
      .toPromise()
      .then(({ data }) => data?.organization && setLoaded((known) => joined(known, id, data, load)));
  }

  useEffect(() => open.forEach((id) => load(String(id), null)));

  return useMemo(() => ({ childrenOf: (id: string): Loaded => loaded.get(id) ?? NONE }), [loaded]);
}

function joined(
  known: ReadonlyMap<string, Loaded>,
  id: string,
  data: ChildOrganizationsQuery,
  load: (id: string, after: string | null) => void,
): ReadonlyMap<string, Loaded> {
  const page = data.organization?.children;
  if (!page) return known;
  const fresh = page.nodes.map((child) => ({
    id: child.id,
    name: child.name,
    mayHaveChildren: child.children.nodes.length > 0,
  }));
  const { hasNextPage, endCursor } = page.pageInfo;
  return new Map(known).set(id, {
    branches: [...(known.get(id)?.branches ?? []), ...fresh],
    more: hasNextPage ? () => load(id, endCursor ?? null) : undefined,
  });
}
