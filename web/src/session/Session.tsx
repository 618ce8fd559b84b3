import { createContext, useContext, useEffect, useMemo } from "react";
import { Provider } from "urql";
import { useLocation, useSearchParams } from "wouter";
import type { Scope, ViewerQuery } from "../generated/graphql";
import { clientFor } from "./client";

type Topic = "PHONE_NUMBERS" | "TRUNKS" | "AGENTS" | "CONVERSATIONS";

interface Session {
  viewer: ViewerQuery["viewer"];
  organizationId: string;
  holds: (scope: Scope) => boolean;
  reads: (topic: Topic) => boolean;
  manages: (topic: Topic) => boolean;
  /** An address in the console, with the acting organization: a colleague with another key sees the same, or why not. */
  address: (path: string, search?: Record<string, string>) => string;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("Outside of a session");
  return session;
}

interface Props {
  apiKey: string;
  viewer: ViewerQuery["viewer"];
  children: React.ReactNode;
}

export function SessionProvider({ apiKey, viewer, children }: Props) {
  const [search, setSearch] = useSearchParams();
  const own = viewer.organization.id;
  const organizationId = search.get("organization") ?? own;
  const [location] = useLocation();
  const named = search.has("organization") || location === "/"; // which leads on to one with it
  useEffect(() => {
    if (!named) setSearch((old) => new URLSearchParams([["organization", own], ...old]), { replace: true });
  }, [named, own, setSearch]);
  const session = useMemo(() => describe(viewer, organizationId), [viewer, organizationId]);
  return (
    <SessionContext value={session}>
      <Provider key={organizationId} value={clientFor(apiKey, organizationId)}>
        {children}
      </Provider>
    </SessionContext>
  );
}

function describe(viewer: ViewerQuery["viewer"], organizationId: string): Session {
  const scopes = new Set<Scope>(viewer.scopes);
  const manages = (topic: Topic) => scopes.has(`${topic}_MANAGE`);
  return {
    viewer,
    organizationId,
    holds: (scope) => scopes.has(scope),
    reads: (topic) => manages(topic) || scopes.has(`${topic}_READ`),
    manages,
    address: (path, search = {}) => {
      return `${path}?${new URLSearchParams({ organization: organizationId, ...search })}`;
    },
  };
}
