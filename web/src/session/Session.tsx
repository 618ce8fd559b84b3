import { createContext, useContext, useEffect, useMemo } from "react";
import { Provider } from "urql";
import { useLocation, useSearchParams } from "wouter";
import type { Scope, ViewerQuery } from "../generated/graphql";
import { clearToasts } from "../shell/toasts";
import { clientFor, openSocket } from "./client";

export type ResourceTopic = "PHONE_NUMBERS" | "TRUNKS" | "AGENTS" | "CONVERSATIONS" | "CAMPAIGNS";

interface Session {
  viewer: ViewerQuery["viewer"];
  organizationId: string;
  hasScope: (scope: Scope) => boolean;
  canRead: (topic: ResourceTopic) => boolean;
  canManage: (topic: ResourceTopic) => boolean;
  /** Returns a link within the console that names the acting organization, so that it can be shared with others. */
  href: (path: string, search?: Record<string, string>) => string;
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
  useEffect(() => openSocket(apiKey), [apiKey]);
  useEffect(() => clearToasts, [organizationId]);
  const session = useMemo(() => createSession(viewer, organizationId), [viewer, organizationId]);
  return (
    <SessionContext value={session}>
      <Provider key={organizationId} value={clientFor(apiKey, organizationId)}>
        {children}
      </Provider>
    </SessionContext>
  );
}

function createSession(viewer: ViewerQuery["viewer"], organizationId: string): Session {
  const scopes = new Set<Scope>(viewer.scopes);
  const canManage = (topic: ResourceTopic) => scopes.has(`${topic}_MANAGE`);
  return {
    viewer,
    organizationId,
    hasScope: (scope) => scopes.has(scope),
    canRead: (topic) => canManage(topic) || scopes.has(`${topic}_READ`),
    canManage,
    href: (path, search = {}) => {
      return `${path}?${new URLSearchParams({ organization: organizationId, ...search })}`;
    },
  };
}
