import { useSearchParams } from "wouter";
import { withParameter } from "../lists/useTyped";
import { readView } from "./view";

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
    <select
      className="pick sorting"
      aria-label="Sort"
      value={view.sort}
      onChange={({ target }) =>
        setSearch((old) => withParameter(old, "sort", target.value === "number" ? "" : target.value))
      }
    >
      {SORTS.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  );
}
