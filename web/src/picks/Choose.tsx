import { type KeyboardEvent, useState } from "react";
import {
  Button,
  Collection,
  ComboBox,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  ListBoxLoadMoreItem,
  Popover,
} from "react-aria-components";
import { explain } from "../shell/explain";
import type { Entries } from "./useEntries";

interface Props {
  label: string;
  /** The label is shown in the field while nothing is chosen, as in a row of filters. */
  bare?: boolean;
  entries: Entries;
  value: string;
  choose: (id: string) => void;
  name?: string;
  required?: boolean;
  hint?: string | undefined;
  complaint?: string | undefined;
}

/** One of very many, found by a part of its name. More are loaded as the list ends, and so also while too few match. */
export function Choose({ label, bare = false, entries, value, choose, hint, complaint, name, required }: Props) {
  const [host, setHost] = useState<HTMLElement | null>(null);
  const { items, loading, more, error, again } = entries;
  return (
    <ComboBox
      className={bare ? "choose" : "choose field"}
      {...(bare && { "aria-label": label })}
      data-set={value !== ""}
      defaultItems={items}
      value={value || null}
      onChange={(id) => choose(id === null ? "" : String(id))}
      onKeyDown={closesOnlyItself}
      menuTrigger="focus"
      onOpenChange={(open) => open && error && again()}
      allowsEmptyCollection
      isInvalid={complaint !== undefined}
      {...(name && { name })}
      {...(required && { isRequired: true, validationBehavior: "native" as const })}
    >
      {!bare && <Label>{label}</Label>}
      <span className="choose-box">
        <Input className="pick" placeholder={bare ? label : "Choose, or type to find"} />
        <Button className="choose-open">
          <span className="chevron" aria-hidden="true" />
        </Button>
      </span>
      {hint && <p className="quiet small">{hint}</p>}
      {complaint && (
        <p role="alert" className="field-error">
          {complaint}
        </p>
      )}
      <span ref={setHost} className="popover-host" />
      <Popover className="popover choices" UNSTABLE_portalContainer={host?.closest("dialog") ?? host ?? undefined}>
        <ListBox renderEmptyState={() => <p className="quiet small">{none(entries)}</p>}>
          <Collection items={items}>
            {(item) => (
              <ListBoxItem id={item.id} textValue={item.name} className="choice">
                <span>{item.name}</span> {item.note && <span className="quiet small">{item.note}</span>}
              </ListBoxItem>
            )}
          </Collection>
          {more && (
            <ListBoxLoadMoreItem className="choice quiet small" onLoadMore={more} isLoading={loading}>
              Loading…
            </ListBoxLoadMoreItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

function none({ loading, error }: Entries): string {
  if (error) return `${explain(error).title}. Close this list and open it to try again.`;
  return loading ? "Loading…" : "None has such a name.";
}

/** Escape closes the list; the dialog around it stays. */
function closesOnlyItself(event: KeyboardEvent): void {
  const open = event.currentTarget.getAttribute("aria-expanded") === "true";
  if (event.key === "Escape" && open) event.preventDefault();
}
