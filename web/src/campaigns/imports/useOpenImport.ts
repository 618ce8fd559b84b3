import { useCallback } from "react";
import { useSearchParams } from "wouter";

/** The import whose refused rows are shown; it is in the address, so that it can be sent to somebody. */
export function useOpenImport() {
  const [search, setSearch] = useSearchParams();
  const setOpen = useCallback(
    (id: string | null) =>
      setSearch(
        (old) => {
          if (id) old.set("import", id);
          else old.delete("import");
          return old;
        },
        { replace: true },
      ),
    [setSearch],
  );
  return { open: search.get("import"), setOpen };
}
