import { Link } from "wouter";
import { useSession } from "../session/Session";
import { Empty } from "./Empty";

export function NotFound() {
  const { address } = useSession();
  return (
    <Empty whole title="There is no such page" advice="The address may be mistyped.">
      <Link className="button" href={address("/numbers")}>
        Phone numbers
      </Link>
    </Empty>
  );
}
