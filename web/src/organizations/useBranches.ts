import { useEffect, useMemo, useRef, useState } from "react";
import type { Key } from "react-aria-components";
import { useClient } from "urql";
import { ChildOrganizationsDocument, type ChildOrganizationsQuery } from "../generated/graphql";

export interface Branch {
  id: string;
  name: string;
  mayHaveChildren: boolean;
}

export interface Children {
  branches: readonly Branch[];
  state: "loading" | "loaded" | "failed";
  /** Where there are more of them. */
  more?: (() => void) | undefined;
  /** Where they could not be loaded. */
  again?: (() => void) | undefined;
}

type Known = ReadonlyMap<string, Children>;

const LOADING: Children = { branches: [], state: "loading" };

/** The children of the organizations that are open, fifty at a time. */
export function useBranches(open: ReadonlySet<Key>) {
  const client = useClient();
  const [known, setKnown] = useState<Known>(new Map());
  const asked = useRef(new Set<string>());

  function load(id: string, after: string | null) {
    const page = `${id} ${after}`;
    if (asked.current.has(page)) return;
    asked.current.add(page);
    const again = () => {
      asked.current.delete(page);
      setKnown((before) => put(before, id, { state: "loading", again: undefined }));
      load(id, after);
    };
    void client
      .query(ChildOrganizationsDocument, { id, after })
      .toPromise()
      .then(({ data }) =>
        setKnown((before) =>
          data?.organization ? joined(before, id, data, load) : put(before, id, { state: "failed", again }),
        ),
      );
  }

  useEffect(() => open.forEach((id) => load(String(id), null)));

  return useMemo(() => ({ childrenOf: (id: string): Children => known.get(id) ?? LOADING }), [known]);
}

function put(known: Known, id: string, change: Partial<Children>): Known {
  return new Map(known).set(id, { ...(known.get(id) ?? LOADING), ...change });
}

function joined(
  known: Known,
  id: string,
  data: ChildOrganizationsQuery,
  load: (id: string, after: string | null) => void,
): Known {
  const page = data.organization?.children;
  if (!page) return known;
  const fresh = page.nodes.map((child) => ({
    id: child.id,
    name: child.name,
    mayHaveChildren: child.children.nodes.length > 0,
  }));
  const { hasNextPage, endCursor } = page.pageInfo;
  return put(known, id, {
    branches: [...(known.get(id)?.branches ?? []), ...fresh],
    state: "loaded",
    more: hasNextPage ? () => load(id, endCursor ?? null) : undefined,
    again: undefined,
  });
}
