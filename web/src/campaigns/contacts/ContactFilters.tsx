import { useRef } from "react";
import { useSearchParams } from "wouter";
import { useSearchParamText, withSearchParam } from "../../lists/useSearchParamText";
import { FilterSelect } from "../../shell/FilterSelect";
import { useShortcut } from "../../shell/useShortcut";
import { OUTCOME_LABELS } from "../labels";
import { statusChoice } from "./contactFilter";
import { CONTACT_WAIT_LABELS } from "./contactText";

const WAIT_CHOICES = Object.entries(CONTACT_WAIT_LABELS).map(
  ([reason, label]) => [reason, `Waits for ${label}`] as const,
);
const OUTCOME_CHOICES = Object.entries(OUTCOME_LABELS);

export function ContactFilters() {
  const [search, setSearch] = useSearchParams();
  const [number, setNumber] = useSearchParamText("number");
  const [externalId, setExternalId] = useSearchParamText("externalId");
  const first = useRef<HTMLInputElement>(null);
  useShortcut("/", () => first.current?.select());
  const set = (name: string) => (value: string) => setSearch((old) => withSearchParam(old, name, value));
  const status = statusChoice(search);
  return (
    <div className="toolbar">
      <input
        ref={first}
        type="search"
        className="search"
        aria-label="Digits of the number"
        aria-keyshortcuts="/"
        placeholder="Digits of the number  /"
        value={number}
        onChange={({ target }) => setNumber(target.value)}
      />
      <input
        type="search"
        className="search"
        aria-label="Your id"
        placeholder="Your id, whole"
        value={externalId}
        onChange={({ target }) => setExternalId(target.value)}
      />
      <div className="filters" role="group" aria-label="Filters">
        <FilterSelect label="Status" value={status.value} options={status.choices} onChange={set("status")} />
        <FilterSelect
          label="Waits for"
          value={search.get("waitsFor") ?? ""}
          options={WAIT_CHOICES}
          onChange={set("waitsFor")}
        />
        <FilterSelect
          label="Last outcome"
          value={search.get("outcome") ?? ""}
          options={OUTCOME_CHOICES}
          onChange={set("outcome")}
        />
      </div>
    </div>
  );
}
