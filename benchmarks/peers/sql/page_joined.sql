-- The same, with all that the page shows of it in one join.
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
SELECT n.id, n.e164, n.shareable, first.distance = 0 AS owned, carrier.outbound_address IS NOT NULL AS outbound_capable,
  o.id AS organization_id, o.name AS organization_name,
  t.id AS trunk_id, t.name AS trunk_name,
  iv.id AS inbound_id, iv.number AS inbound_number, ia.id AS inbound_agent_id, ia.name AS inbound_agent_name,
  ov.id AS outbound_id, ov.number AS outbound_number, oa.id AS outbound_agent_id, oa.name AS outbound_agent_name
FROM first LEFT JOIN phone_number n ON n.rowid = first.spot LEFT JOIN trunk carrier ON carrier.id = n.trunk_id
LEFT JOIN organization o ON o.id = n.organization_id
LEFT JOIN trunk t ON t.id = n.trunk_id AND first.distance = 0
LEFT JOIN agent_version iv ON iv.id = n.inbound_agent_version_id AND first.distance = 0
LEFT JOIN agent ia ON ia.id = iv.agent_id
LEFT JOIN agent_version ov ON ov.id = n.outbound_agent_version_id AND first.distance = 0
LEFT JOIN agent oa ON oa.id = ov.agent_id
ORDER BY n.e164, n.id
