import { useSearchParams } from "wouter";
import { withSearchParam } from "../lists/useSearchParamText";
import { readNumberListView } from "./numberListView";

export function PageSizeSelect() {
  const [search, setSearch] = useSearchParams();
  return (
    <select
      className="select select-small"
      aria-label="Numbers a page"
      value={readNumberListView(search).size}
      onChange={({ target }) =>
        setSearch((old) => withSearchParam(old, "size", target.value === "50" ? "" : target.value))
      }
    >
      <option value={50}>50 a page</option>
      <option value={100}>100 a page</option>
    </select>
  );
}
