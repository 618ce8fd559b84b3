INSERT INTO conversation (id, organization_id, direction, status, agent_number, user_number, phone_number_id,
  agent_version_id, created_at)
VALUES (:id, :organization, 'OUTBOUND', 'QUEUED', :agent_number, :user_number, :phone_number_id, :agent_version_id, :now)
