import { useSearchParams } from "wouter";
import { withParameter } from "../lists/useTyped";
import { readView } from "./view";

export function SizePick() {
  const [search, setSearch] = useSearchParams();
  return (
    <select
      className="pick small-pick"
      aria-label="Numbers a page"
      value={readView(search).size}
      onChange={({ target }) =>
        setSearch((old) => withParameter(old, "size", target.value === "50" ? "" : target.value))
      }
    >
      <option value={50}>50 a page</option>
      <option value={100}>100 a page</option>
    </select>
  );
}
