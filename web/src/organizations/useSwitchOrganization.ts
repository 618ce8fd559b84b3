import { useLocation } from "wouter";

/** Set while the page mounts anew for another organization: the new switcher then takes the focus. */
let focusPending = false;

export function takePendingFocus(): boolean {
  const takes = focusPending;
  focusPending = false;
  return takes;
}

/** Returns a function that switches the acting organization and stays on the same page if possible. */
export function useSwitchOrganization(): (id: string) => void {
  const [location, navigate] = useLocation();
  return (id) => {
    focusPending = true;
    const page = location.startsWith("/conversations/") ? "/conversations" : location;
    navigate(`${page}?organization=${id}`);
  };
}
