import { useSearchParams } from "wouter";
import type { ResolutionFragment } from "../generated/graphql";
import { withSearchParam } from "../lists/useSearchParamText";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { showToast } from "../shell/toasts";
import { usePublishVersion } from "../slots/usePublishVersion";
import type { PreviewRequest } from "./previewRequest";
import { ActivateAgent } from "./ActivateAgent";
import { useRequestedVersion } from "./useRequestedVersion";

interface Props {
  request: PreviewRequest;
  resolution: ResolutionFragment;
  onFixed: () => void;
}

/** Changes to the search parameters that may fix a refusal. */
const FIXES_BY_CODE: Record<string, readonly (readonly [words: string, name: string, value: string])[]> = {
  NO_NUMBER_BOUND: [["Allow the fallback", "fallback", "yes"]],
  AGENT_REQUIRED: [
    ["Choose an agent", "speaker", "agent"],
    ["Use an inline agent", "speaker", "inline"],
  ],
  PHONE_NUMBER_NOT_FOUND: [["Let Dialtree choose the number", "from", ""]],
  NO_OUTBOUND_CONFIGURATION: [["Let Dialtree choose the number", "from", ""]],
};

/** Buttons that fix a refusal. */
export function RefusalFixes({ request, resolution, onFixed }: Props) {
  const [search, setSearch] = useSearchParams();
  const code = resolution.refusal?.code ?? "";
  const fixes = (FIXES_BY_CODE[code] ?? []).filter(([, name, value]) => (search.get(name) ?? "") !== value);
  return (
    <div className="refusal-fixes">
      {(code === "NO_NUMBER_BOUND" || code === "AGENT_VERSION_NOT_PUBLISHED") && (
        <PublishFixes request={request} resolution={resolution} onFixed={onFixed} />
      )}
      {code === "AGENT_INACTIVE" && <ActivateAgent request={request} onFixed={onFixed} />}
      {code === "AGENT_REFERENCE_CONFLICT" && search.get("both") === "yes" && (
        <button
          type="button"
          className="button small"
          onClick={() => setSearch((old) => withSearchParam(old, "both", ""))}
        >
          Send the version alone
        </button>
      )}
      {fixes.map(([words, name, value]) => (
        <button
          key={words}
          type="button"
          className="button small"
          onClick={() => setSearch((old) => withSearchParam(old, name, value))}
        >
          {words}
        </button>
      ))}
    </div>
  );
}

const MAX_PUBLISH_FIXES = 3;

/** Publishes the requested version, also to numbers that hold another version of the same agent. */
function PublishFixes({ request, resolution, onFixed }: Props) {
  const { canManage, canRead } = useSession();
  const { write, busy, errorMessage } = usePublishVersion();
  const version = useRequestedVersion(request);
  if (!canManage("AGENTS") || !canRead("PHONE_NUMBERS") || !version) return null;
  const drifted =
    resolution.steps.find(({ verdict }) => verdict === "REFUSED")?.candidates.slice(0, MAX_PUBLISH_FIXES) ?? [];

  async function publish(e164?: string) {
    const input = { agentVersionId: version?.id ?? "", direction: "OUTBOUND" as const };
    if (!(await write({ ...input, phoneNumbers: e164 ? [e164] : [] }))) return;
    showToast(
      "good",
      e164 ? `v${version?.number} is on ${formatPhoneNumber(e164)}.` : `v${version?.number} is published.`,
    );
    onFixed();
  }

  return (
    <>
      {drifted.map(({ e164 }) => (
        <button
          key={e164}
          type="button"
          className="button small primary"
          disabled={busy}
          onClick={() => void publish(e164)}
        >
          Publish v{version.number} to {formatPhoneNumber(e164)}
        </button>
      ))}
      {!version.published && (
        <button type="button" className="button small primary" disabled={busy} onClick={() => void publish()}>
          Publish v{version.number}
        </button>
      )}
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
    </>
  );
}
