-- Who had left the source ?1 and is in no other, or is among those who are gone from it now (?2), and has an account that
-- is not gone, and not revoked but by revocations of the source that were killed, when none has ended since: no results have
-- these yet. Who has none may have one all the same, if the answer to a create was lost. The external id that finds a new
-- address is the one that somebody had in the source last, or when it was never known there, the one with which the
-- account was made, unless that was by another source.
WITH gone AS (
  SELECT key, external_id, last_seen, left_run, aside FROM members INDEXED BY members_left
  WHERE source = ?1 AND left_run IS NOT NULL AND aside = 0
  UNION ALL
  SELECT m.key, m.external_id, coalesce(nullif(m.last_seen, ''), (SELECT finished_at%[2]s), ''), NULL, m.aside
    FROM json_each(?2) q CROSS JOIN members m ON m.source = ?1 AND m.key = q.value WHERE m.left_run IS NULL
), who AS (
  SELECT key, last_seen, external_id AS member_id, coalesce(nullif(external_id, ''),
    (SELECT a.external_id FROM accounts a CROSS JOIN runs r ON r.seq = a.run
      WHERE a.key = gone.key AND r.source IN (?1, '')), '') AS external_id,
    aside OR EXISTS (SELECT 1 FROM members o WHERE o.key = gone.key AND o.source <> ?1 AND o.left_run IS NULL) AS stays
  FROM gone WHERE left_run IS NULL OR NOT stays
), leaver AS (
  SELECT *, coalesce(
    (SELECT m.key FROM members m INDEXED BY members_external
      WHERE m.external_id <> '' AND m.source = ?1
      AND m.external_id = who.external_id
      AND m.key <> who.key AND m.left_run IS NULL
      AND m.key NOT IN (SELECT value FROM json_each(?2)) LIMIT 1),
    '') AS new_key
  FROM who
), killed AS (
  SELECT seq FROM runs WHERE command = 'revoke' AND source = ?1 AND seq > coalesce(
    (SELECT max(seq) FROM runs WHERE command = 'revoke' AND source = ?1 AND outcome <> ''), 0)
)
SELECT %[1]s, w.last_seen, w.member_id, w.external_id, w.stays, w.new_key,
  coalesce((SELECT b.key FROM accounts b WHERE b.id = a.id AND b.id <> '' AND b.key <> a.key), '')
FROM leaver w CROSS JOIN accounts a ON a.key = w.key
WHERE a.gone_run = 0
  AND (a.revoked_at = '' OR a.revoked_run IN (SELECT seq FROM killed) OR w.last_seen > a.revoked_at)
UNION ALL
SELECT t.key, t.email, t.name, '', 'unknown', t.run, t.run, max(t.at), '', 0,
  w.last_seen, w.member_id, w.external_id, w.stays, w.new_key, ''
FROM leaver w CROSS JOIN attempts t ON t.key = w.key
WHERE t.lost = 1 AND t.revoke = 0 AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.key = t.key AND a.gone_run = 0)
GROUP BY t.key
ORDER BY 1
