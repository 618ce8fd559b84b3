import type { Sample } from "./sample";

export interface Example {
  name: string;
  title: string;
  words: string;
  query: string;
}

const files = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });

/** One file an example: its first two lines say what it is for. */
export const EXAMPLES: readonly Example[] = Object.keys(files)
  .sort()
  .map((path) => described(path, files[path] ?? ""));

function described(path: string, query: string): Example {
  const [title = "", words = ""] = query.split("\n").map((line) => line.replace(/^# /, ""));
  return { name: path, title, words, query };
}

/** Its variables, filled with what the key's organization has. */
export function variablesOf(query: string, sample: Sample): string {
  const declared = /^(?:query|mutation|subscription) \w+\(([^)]*)\)/m.exec(query)?.[1] ?? "";
  const names = [...declared.matchAll(/\$(\w+):/g)].map(([, name]) => name ?? "");
  if (names.length === 0) return "";
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, sample[name] ?? null])), null, 2);
}
