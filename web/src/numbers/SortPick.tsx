import { useSearchParams } from "wouter";
import { readView, withParameter } from "./view";

const SORTS = [
  ["number", "By number"],
  ["-number", "By number, descending"],
  ["-created", "Newest first"],
  ["created", "Oldest first"],
  ["-updated", "Last changed first"],
  ["updated", "Longest unchanged first"],
] as const;

export function SortPick() {
  const [search, setSearch] = useSearchParams();
  const view = readView(search);
  return (
    <div className="sorting">
      <select
        className="pick"
        aria-label="Sort"
        value={view.sort}
        onChange={({ target }) => setSearch((old) => withParameter(old, "sort", target.value === "number" ? "" : target.value))}
      >
        {SORTS.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <select
        className="pick"
        aria-label="Numbers a page"
        value={view.size}
        onChange={({ target }) => setSearch((old) => withParameter(old, "size", target.value === "50" ? "" : target.value))}
      >
        <option value={50}>50 a page</option>
        <option value={100}>100 a page</option>
      </select>
    </div>
  );
}
