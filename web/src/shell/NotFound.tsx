import { Link } from "wouter";
import { useSession } from "../session/Session";
import { EmptyState } from "./EmptyState";

export function NotFound() {
  const { href } = useSession();
  return (
    <EmptyState fullPage title="There is no such page" advice="The address may be mistyped.">
      <Link className="button" href={href("/")}>
        The first page
      </Link>
    </EmptyState>
  );
}
