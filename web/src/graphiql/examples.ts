import type { ExampleVariables } from "./exampleVariables";

export interface Example {
  name: string;
  title: string;
  description: string;
  query: string;
}

const files = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });

/** One file each; the first two lines are the title and the description. */
export const EXAMPLES: readonly Example[] = Object.keys(files)
  .sort()
  .map((path) => parseExample(path, files[path] ?? ""));

export function parseExample(path: string, query: string): Example {
  const [title = "", description = ""] = query.split("\n").map((line) => line.replace(/^# /, ""));
  return { name: path, title, description, query };
}

/** Returns the variables that a query declares as JSON, filled from the key's organization. */
export function variablesFor(query: string, sample: ExampleVariables): string {
  const declared = /^(?:query|mutation|subscription) \w+\(([^)]*)\)/m.exec(query)?.[1] ?? "";
  const names = [...declared.matchAll(/\$(\w+):/g)].map(([, name]) => name ?? "");
  if (names.length === 0) return "";
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, sample[name] ?? null])), null, 2);
}
