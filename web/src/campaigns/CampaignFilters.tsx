import { useRef } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { useSearchParamText, withSearchParam } from "../lists/useSearchParamText";
import { useSession } from "../session/Session";
import { FilterSelect } from "../shell/FilterSelect";
import { useShortcut } from "../shell/useShortcut";
import { STATUS_CHOICES } from "./campaignFilter";

export function CampaignFilters() {
  const [search, setSearch] = useSearchParams();
  const [name, setName] = useSearchParamText("name");
  const input = useRef<HTMLInputElement>(null);
  useShortcut("/", () => input.current?.select());
  return (
    <div className="toolbar">
      <input
        ref={input}
        type="search"
        className="search"
        aria-label="Name"
        aria-keyshortcuts="/"
        placeholder="Name  /"
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
      <div className="filters" role="group" aria-label="Filters">
        <FilterSelect
          label="Status"
          value={search.get("status") ?? ""}
          options={STATUS_CHOICES}
          onChange={(value) => setSearch((old) => withSearchParam(old, "status", value))}
        />
      </div>
      <NewCampaignLink />
    </div>
  );
}

/** Leads to the setup of a new campaign, if the key may manage campaigns. */
export function NewCampaignLink() {
  const { canManage, href } = useSession();
  const [, navigate] = useLocation();
  const allowed = canManage("CAMPAIGNS");
  useShortcut("n", () => allowed && navigate(href("/campaigns/new")));
  if (!allowed) return null;
  return (
    <Link className="button primary new-campaign" href={href("/campaigns/new")}>
      New campaign
    </Link>
  );
}
