import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { OrganizationSwitcher } from "../organizations/OrganizationSwitcher";
import { forgetKey } from "../session/key";
import { useSession } from "../session/Session";
import { Shortcuts } from "./Shortcuts";
import { Toasts } from "./Toasts";
import { useOnline } from "./useOnline";
import { useShortcut } from "./useShortcut";

const PAGES = [
  { path: "/numbers", name: "Phone numbers" },
  { path: "/which-number", name: "Which number?" },
  { path: "/conversations", name: "Conversations" },
];

export function Shell({ children }: { children: ReactNode }) {
  const [help, setHelp] = useState(false);
  const online = useOnline();
  useShortcut("?", () => setHelp(true));
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top">
        <span className="brand">
          <span className="brand-mark" aria-hidden="true" />
          <span>Dialtree</span>
        </span>
        <OrganizationSwitcher />
        <Navigation />
        <Account showHelp={() => setHelp(true)} />
      </header>
      {!online && (
        <p role="status" className="banner">
          You are offline. What you see was loaded before; it is brought up to date once you are back.
        </p>
      )}
      <main id="main" className="main">
        {children}
      </main>
      <Toasts />
      {help && <Shortcuts close={() => setHelp(false)} />}
    </div>
  );
}

function Navigation() {
  const { address } = useSession();
  const [location, navigate] = useLocation();
  useShortcut("1", () => navigate(address("/numbers")));
  useShortcut("2", () => navigate(address("/which-number")));
  useShortcut("3", () => navigate(address("/conversations")));
  return (
    <nav className="nav" aria-label="Pages">
      {PAGES.map(({ path, name }) => (
        <Link key={path} href={address(path)} aria-current={location.startsWith(path) ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

function Account({ showHelp }: { showHelp: () => void }) {
  const { viewer } = useSession();
  const [location, navigate] = useLocation();
  const signOut = () => {
    forgetKey();
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
      <button
        className="button quiet-button"
        onClick={signOut}
        title={`Signed in with the key “${viewer.apiKey.name}”`}
      >
        Sign out
      </button>
    </div>
  );
}
