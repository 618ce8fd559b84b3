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
import { describeError } from "../shell/errorText";
import type { EntityOptions } from "./useEntityOptions";

interface Props {
  label: string;
  /** Shows the label as the field's placeholder, as the filters do. */
  labelInField?: boolean;
  options: EntityOptions;
  value: string;
  onChange: (id: string) => void;
  name?: string;
  required?: boolean;
  hint?: string | undefined;
  errorMessage?: string | undefined;
  /** Marks the field as invalid where another part of the page shows the reason. */
  isInvalid?: boolean;
}

/** A combo box that finds an option by a part of its name, and loads more options at the end of the list. */
export function EntityComboBox({
  label,
  labelInField = false,
  options,
  value,
  onChange,
  hint,
  errorMessage,
  isInvalid = false,
  name,
  required,
}: Props) {
  const [host, setHost] = useState<HTMLElement | null>(null);
  const { items, loading, loadMore, error, retry } = options;
  return (
    <ComboBox
      className={labelInField ? "combo-box" : "combo-box field"}
      {...(labelInField && { "aria-label": label })}
      data-active={value !== ""}
      defaultItems={items}
      value={value || null}
      onChange={(id) => onChange(id === null ? "" : String(id))}
      onKeyDown={keepDialogOpenOnEscape}
      menuTrigger="focus"
      onOpenChange={(open) => open && error && retry()}
      allowsEmptyCollection
      isInvalid={isInvalid || errorMessage !== undefined}
      {...(name && { name })}
      {...(required && { isRequired: true, validationBehavior: "native" as const })}
    >
      {!labelInField && <Label>{label}</Label>}
      <span className="combo-box-field">
        <Input className="select" placeholder={labelInField ? label : "Choose, or type to find"} />
        <Button className="combo-box-toggle">
          <span className="chevron" aria-hidden="true" />
        </Button>
      </span>
      {hint && <p className="muted small">{hint}</p>}
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      <span ref={setHost} className="popover-host" />
      <Popover
        className="popover combo-box-list"
        UNSTABLE_portalContainer={host?.closest("dialog") ?? host ?? undefined}
      >
        <ListBox renderEmptyState={() => <p className="muted small">{emptyText(options)}</p>}>
          <Collection items={items}>
            {(item) => (
              <ListBoxItem id={item.id} textValue={item.name} className="combo-box-option">
                <span>{item.name}</span> {item.note && <span className="muted small">{item.note}</span>}
              </ListBoxItem>
            )}
          </Collection>
          {loadMore && (
            <ListBoxLoadMoreItem className="combo-box-option muted small" onLoadMore={loadMore} isLoading={loading}>
              Loading…
            </ListBoxLoadMoreItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

function emptyText({ loading, error }: EntityOptions): string {
  if (error) return `${describeError(error).title}. Close this list and open it to try again.`;
  return loading ? "Loading…" : "No match.";
}

/** Lets Escape close the open list without closing the dialog around it. */
function keepDialogOpenOnEscape(event: KeyboardEvent): void {
  const open = event.currentTarget.getAttribute("aria-expanded") === "true";
  if (event.key === "Escape" && open) event.preventDefault();
}
