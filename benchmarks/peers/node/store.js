// What the servers in Node share: the file, the sign-in, the statements, and the number that a call goes out from.
import Database from 'better-sqlite3'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

const folder = new URL('../', import.meta.url)
const read = (name) => readFileSync(new URL(name, folder), 'utf8')

export const typeDefs = read('schema.graphql')
const database = new Database(process.env.DATABASE)
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.pragma('foreign_keys = ON')

const prepared = (name) => database.prepare(read(`sql/${name}.sql`))
const page = prepared('page')
const pageJoined = prepared('page_joined')
const number = prepared('number')
const numberJoined = prepared('number_joined')
const insert = prepared('conversation')
const key = database.prepare('SELECT organization_id, secret_hash FROM api_key WHERE id = ? AND revoked_at IS NULL')
const ids = (table) => database.prepare(`SELECT * FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`)
const rowsOf = Object.fromEntries(['organization', 'trunk', 'agent', 'agent_version'].map((name) => [name, ids(name)]))

export function signIn(header) {
  const token = (header ?? '').replace(/^Bearer /, '')
  const found = key.get('key_' + token.slice(3, 29))
  const hash = createHash('sha256').update(token).digest()
  if (!found || !timingSafeEqual(found.secret_hash, hash)) throw new Error('Sign in with a valid key.')
  return { organization: found.organization_id }
}

/** The row of each id, in their order. */
export function byIds(table, wanted) {
  const rows = new Map(rowsOf[table].all(JSON.stringify(wanted)).map((row) => [row.id, row]))
  return wanted.map((id) => rows.get(id) ?? null)
}

const slot = (owned, agentVersionId) => (owned ? { agentVersionId } : null)

function shown(row) {
  return {
    id: row.id,
    e164: row.e164,
    access: row.owned ? 'OWNED' : 'SHARED',
    shareable: row.shareable === 1,
    outboundCapable: row.outbound_capable === 1,
    organizationId: row.organization_id,
    trunkId: row.owned ? row.trunk_id : null,
    inboundSlot: slot(row.owned, row.inbound_agent_version_id),
    outboundSlot: slot(row.owned, row.outbound_agent_version_id),
  }
}

const version = (id, number, agentId, name) => ({
  agentVersion: id === null ? null : { id, number, agent: { id: agentId, name } },
})

function shownJoined(row) {
  const owned = row.owned === 1
  return {
    id: row.id,
    e164: row.e164,
    access: owned ? 'OWNED' : 'SHARED',
    shareable: row.shareable === 1,
    outboundCapable: row.outbound_capable === 1,
    organization: { id: row.organization_id, name: row.organization_name },
    trunk: owned ? { id: row.trunk_id, name: row.trunk_name } : null,
    inboundSlot: owned
      ? version(row.inbound_id, row.inbound_number, row.inbound_agent_id, row.inbound_agent_name)
      : null,
    outboundSlot: owned
      ? version(row.outbound_id, row.outbound_number, row.outbound_agent_id, row.outbound_agent_name)
      : null,
  }
}

function paged(statement, show, organization, first) {
  const rows = statement.all({ organization, first })
  return { nodes: rows.slice(0, first).map(show), pageInfo: { hasNextPage: rows.length > first } }
}

const one = (row, show) => (row === undefined ? null : show(row))

export const numbers = (organization, first) => paged(page, shown, organization, first)
export const numbersJoined = (organization, first) => paged(pageJoined, shownJoined, organization, first)
export const numberOf = (organization, e164) => one(number.get({ organization, e164 }), shown)
export const numberJoinedOf = (organization, e164) => one(numberJoined.get({ organization, e164 }), shownJoined)

/** Step 1 of four: the number that is named, if it may be dialed from, and the version that is to speak. */
function chosen(organization, input) {
  const found = number.get({ organization, e164: input.agentNumber })
  const [speaking] = byIds('agent_version', [input.agentVersionId])
  if (!found?.outbound_capable || !speaking?.published_at || speaking.organization_id !== organization)
    throw new Error('Not from this number, or not with this version.')
  return { found, speaking }
}

const resolved = ({ found, speaking }) => ({
  agentNumber: found.e164,
  decidedBy: 'AGENT_NUMBER',
  agentVersion: { ...speaking, agentId: speaking.agent_id },
})

export const preview = (organization, input) => resolved(chosen(organization, input))

export const create = database.transaction((organization, input) => {
  const choice = chosen(organization, input)
  insert.run({
    id: 'cnv_' + randomBytes(13).toString('hex'),
    organization,
    agent_number: choice.found.e164,
    user_number: input.to,
    phone_number_id: choice.found.id,
    agent_version_id: choice.speaking.id,
    now: new Date().toISOString().replace('T', ' ').replace('Z', '000'),
  })
  const conversation = { status: 'QUEUED', agentNumber: choice.found.e164, userNumber: input.to }
  return { conversation, resolution: resolved(choice) }
}).immediate
