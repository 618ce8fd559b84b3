-- The next numbers that an organization sees, by E.164: the best statement known, whoever the server is.
WITH RECURSIVE line(id, distance) AS (
  SELECT :organization, 0
  UNION ALL SELECT parent_id, distance + 1 FROM line JOIN organization USING (id) WHERE parent_id IS NOT NULL
), first AS (
  SELECT n.rowid AS spot, line.distance
  FROM line JOIN (SELECT 0 AS shared UNION ALL SELECT 1) kind ON kind.shared OR line.distance = 0
  JOIN phone_number n ON n.rowid IN (
    SELECT m.rowid FROM phone_number m WHERE m.organization_id = line.id AND m.shareable = kind.shared
    ORDER BY m.e164, m.id LIMIT :first + 1
  )
  ORDER BY n.e164, n.id LIMIT :first + 1
)
SELECT n.*, first.distance = 0 AS owned, t.outbound_address IS NOT NULL AS outbound_capable
FROM first LEFT JOIN phone_number n ON n.rowid = first.spot LEFT JOIN trunk t ON t.id = n.trunk_id
ORDER BY n.e164, n.id
