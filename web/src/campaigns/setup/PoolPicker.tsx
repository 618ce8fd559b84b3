import { useState } from "react";
import { PhoneNumbersDocument } from "../../generated/graphql";
import { usePages } from "../../lists/usePages";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { DEFAULT_CALLS_PER_DAY, describePool, MAX_POOL_NUMBERS, type PoolChoice, withNumber } from "./poolChoice";

interface Props {
  pool: PoolChoice;
  onChange: (pool: PoolChoice) => void;
}

const PAGE_SIZE = 50;
const FIRST_PAGE = { first: PAGE_SIZE };

/** The numbers that may be dialed from, own and borrowed, to choose a pool from. */
export function PoolPicker({ pool, onChange }: Props) {
  const { canRead } = useSession();
  if (!canRead("PHONE_NUMBERS")) {
    return <p className="note">Your key may not list numbers: a pool takes the scope PHONE_NUMBERS_READ.</p>;
  }
  return <Picker pool={pool} onChange={onChange} />;
}

function Picker({ pool, onChange }: Props) {
  const { organizationId } = useSession();
  const [typed, setTyped] = useState("");
  const filter = { outboundCapable: true, ...(typed && { e164Contains: typed }) };
  const variables = { organizationId, filter, withAgents: false, withTrunks: false };
  const { store, snapshot } = usePages(
    { document: PhoneNumbersDocument, variables, select: (data) => data.phoneNumbers, size: PAGE_SIZE },
    FIRST_PAGE,
  );
  const { nodes, loading, error, after } = snapshot;
  const unlisted = [...pool.keys()].filter((chosen) => !nodes.some(({ e164 }) => e164 === chosen));
  return (
    <div className="pool">
      <div className="pool-head">
        <input
          type="search"
          className="search"
          aria-label="Find a number"
          placeholder="Find a number"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
        <p role="status" className="muted small">
          {describePool(pool)}
        </p>
      </div>
      {error && <ErrorMessage error={error} retry={() => void store.reload()} />}
      {nodes.length === 0 && loading && <Loading label="numbers" />}
      {nodes.length === 0 && !loading && !error && <p className="note">No number that can dial out matches.</p>}
      <ul className="pool-list" aria-label="Numbers that can dial out">
        {unlisted.map((e164) => (
          <PoolRow key={e164} e164={e164} lender={null} pool={pool} onChange={onChange} />
        ))}
        {nodes.map(({ e164, access, organization }) => (
          <PoolRow
            key={e164}
            e164={e164}
            lender={access === "SHARED" ? organization.name : null}
            pool={pool}
            onChange={onChange}
          />
        ))}
      </ul>
      {after?.hasNextPage && (
        <button type="button" className="button small" onClick={() => store.loadMore()}>
          Show more numbers
        </button>
      )}
    </div>
  );
}

interface RowProps extends Props {
  e164: string;
  /** Who owns a borrowed number. */
  lender: string | null;
}

function PoolRow({ e164, lender, pool, onChange }: RowProps) {
  const chosen = pool.get(e164);
  const name = formatPhoneNumber(e164);
  const set = (cap: Partial<{ callsPerDay: string; atOnce: string }>) =>
    chosen && onChange(new Map(pool).set(e164, { ...chosen, ...cap }));
  return (
    <li data-chosen={chosen !== undefined}>
      <label className="check pool-number">
        <input
          type="checkbox"
          checked={chosen !== undefined}
          disabled={!chosen && pool.size >= MAX_POOL_NUMBERS}
          onChange={({ target }) => onChange(withNumber(pool, e164, target.checked))}
        />
        <span>
          {name} {lender && <span className="tag">borrowed from {lender}</span>}
        </span>
      </label>
      {chosen && (
        <span className="pool-caps">
          <Cap
            label="a day"
            name={`Calls a day from ${name}`}
            required
            placeholder={String(DEFAULT_CALLS_PER_DAY)}
            value={chosen.callsPerDay}
            onChange={(callsPerDay) => set({ callsPerDay })}
          />
          <Cap
            label="at once"
            name={`Calls at once from ${name}`}
            placeholder="any"
            value={chosen.atOnce}
            onChange={(atOnce) => set({ atOnce })}
          />
        </span>
      )}
    </li>
  );
}

interface CapProps {
  label: string;
  name: string;
  required?: boolean;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}

function Cap({ label, name, required = false, placeholder, value, onChange }: CapProps) {
  return (
    <label>
      <input
        type="number"
        min={1}
        max={100_000}
        required={required}
        aria-label={name}
        placeholder={placeholder}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      <span className="muted" aria-hidden="true">
        {label}
      </span>
    </label>
  );
}
