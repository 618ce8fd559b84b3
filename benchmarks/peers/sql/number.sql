-- One number as an organization sees it, if it does.
WITH RECURSIVE line(id, distance) AS (
  SELECT :organization, 0
  UNION ALL SELECT parent_id, distance + 1 FROM line JOIN organization USING (id) WHERE parent_id IS NOT NULL
)
SELECT n.*, line.distance = 0 AS owned, t.outbound_address IS NOT NULL AS outbound_capable
FROM phone_number n JOIN line ON line.id = n.organization_id JOIN trunk t ON t.id = n.trunk_id
WHERE n.e164 = :e164 AND (line.distance = 0 OR n.shareable)
