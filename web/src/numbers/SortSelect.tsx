import { useSearchParams } from "wouter";
import { withSearchParam } from "../lists/useSearchParamText";
import { readNumberListView } from "./numberListView";

const SORT_OPTIONS = [
  ["number", "By number"],
  ["-number", "By number, descending"],
  ["-created", "Newest first"],
  ["created", "Oldest first"],
  ["-updated", "Last changed first"],
  ["updated", "Longest unchanged first"],
] as const;

export function SortSelect() {
  const [search, setSearch] = useSearchParams();
  const view = readNumberListView(search);
  return (
    <select
      className="select sort-select"
      aria-label="Sort"
      value={view.sort}
      onChange={({ target }) =>
        setSearch((old) => withSearchParam(old, "sort", target.value === "number" ? "" : target.value))
      }
    >
      {SORT_OPTIONS.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  );
}
