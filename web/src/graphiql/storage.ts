import { onKeyChange, readKey } from "../session/apiKey";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "clear" | "length">;

const PREFIX = "dialtree.graphiql.";

/**
 * Creates GraphiQL's storage in this tab. It ignores writes once the key has changed, since GraphiQL saves with a delay.
 * Clearing it does not clear the key.
 */
export function createStorage(key: string): Store {
  let alive = true;
  const stop = onKeyChange(() => {
    if (readKey() === key) return;
    alive = false;
    stop();
  });
  return {
    getItem: (name) => (alive ? sessionStorage.getItem(PREFIX + name) : null),
    setItem: (name, value) => {
      if (alive) sessionStorage.setItem(PREFIX + name, value);
    },
    removeItem: (name) => {
      if (alive) sessionStorage.removeItem(PREFIX + name);
    },
    clear: () => names().forEach((name) => alive && sessionStorage.removeItem(name)),
    get length() {
      return names().length;
    },
  };
}

function names(): string[] {
  return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
}
