import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { OrganizationSwitcher } from "../organizations/OrganizationSwitcher";
import { clearKey } from "../session/apiKey";
import { useSession } from "../session/Session";
import { ActingOrganizationBanner } from "../organizations/ActingOrganizationBanner";
import { ConnectionBanner } from "./ConnectionBanner";
import { ApiKeyDialog } from "./ApiKeyDialog";
import { NAVIGATION } from "./navigation";
import { scrollSideways } from "./scrollSideways";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { Toasts } from "./Toasts";
import { useShortcut } from "./useShortcut";

export function Shell({ children }: { children: ReactNode }) {
  const [help, setHelp] = useState(false);
  useShortcut("?", () => setHelp(true));
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <header className="app-header">
        <span className="brand">
          <span className="brand-mark" aria-hidden="true" />
          <span>Dialtree</span>
        </span>
        <OrganizationSwitcher />
        <Navigation />
        <Account showHelp={() => setHelp(true)} />
      </header>
      <ConnectionBanner />
      <ActingOrganizationBanner />
      <main id="main" className="main">
        {children}
      </main>
      <Toasts />
      {help && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

function Navigation() {
  const { href, canRead } = useSession();
  const [location, navigate] = useLocation();
  const pages = NAVIGATION.filter(({ topic }) => canRead(topic));
  const go = (position: number) => {
    const page = NAVIGATION[position];
    if (page && canRead(page.topic)) navigate(href(page.path));
  };
  useShortcut("1", () => go(0));
  useShortcut("2", () => go(1));
  useShortcut("3", () => go(2));
  useShortcut("4", () => go(3));
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const link = nav.current?.querySelector("[aria-current]");
    if (nav.current && link) scrollSideways(nav.current, link);
  }, [location]);
  return (
    <nav ref={nav} className="nav" aria-label="Pages">
      {pages.map(({ path, name }) => (
        <Link key={path} href={href(path)} aria-current={location.startsWith(path) ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

function Account({ showHelp }: { showHelp: () => void }) {
  const [key, setKey] = useState(false);
  const [location, navigate] = useLocation();
  const signOut = () => {
    clearKey();
    navigate(location, { replace: true }); // the next key has an organization of its own
  };
  return (
    <div className="account">
      <a href="/graphiql" title="Explore the API with this key">
        GraphiQL
      </a>
      <button className="icon-button" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick={showHelp}>
        ?
      </button>
      <button className="button button-ghost" title="Your key, and what it may do" onClick={() => setKey(true)}>
        Key
      </button>
      <button className="button button-ghost" onClick={signOut}>
        Sign out
      </button>
      {key && <ApiKeyDialog onClose={() => setKey(false)} />}
    </div>
  );
}
