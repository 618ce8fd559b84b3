-- The next numbers that an organization sees, by E.164: the best statement known, whoever the server is.
WITH RECURSIVE line(id, distance) AS (
  SELECT :organization, 0
  UNION ALL SELECT parent_id, distance + 1 FROM line JOIN organization USING (id) WHERE parent_id IS NOT NULL
), first AS (
  SELECT rowid AS spot, 0 AS distance, e164, id FROM phone_number WHERE organization_id = :organization AND shareable = 0
  UNION ALL
  SELECT rowid, 0, e164, id FROM phone_number WHERE organization_id = :organization AND shareable = 1
  UNION ALL
  SELECT rowid, 1, e164, id FROM phone_number
  WHERE organization_id = (SELECT line.id FROM line WHERE distance = 1) AND shareable = 1
  UNION ALL
  SELECT rowid, 2, e164, id FROM phone_number
  WHERE organization_id = (SELECT line.id FROM line WHERE distance = 2) AND shareable = 1
  UNION ALL
  SELECT rowid, 3, e164, id FROM phone_number
  WHERE organization_id = (SELECT line.id FROM line WHERE distance = 3) AND shareable = 1
  UNION ALL
  SELECT n.rowid, line.distance, n.e164, n.id
  FROM line JOIN phone_number n ON n.rowid IN (
    SELECT m.rowid FROM phone_number m WHERE m.organization_id = line.id AND m.shareable = 1
    ORDER BY m.e164, m.id LIMIT :first + 1
  )
  WHERE line.distance > 3
  ORDER BY e164, id LIMIT :first + 1
)
SELECT n.*, first.distance = 0 AS owned, t.outbound_address IS NOT NULL AS outbound_capable
FROM first LEFT JOIN phone_number n ON n.rowid = first.spot LEFT JOIN trunk t ON t.id = n.trunk_id
ORDER BY n.e164, n.id
