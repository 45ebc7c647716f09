-- Who has left @source, is in no other, and has an account that is neither revoked nor gone, except by @run
-- itself. The external id that finds a new address is the one that somebody had in the source last, or when it
-- was never known there, the one with which the account was made.
WITH gone AS (
  SELECT key, external_id, last_seen FROM members INDEXED BY members_left
  WHERE source = @source AND left_run IS NOT NULL AND key > @after AND aside = 0
    AND NOT (@run > 0 AND EXISTS
      (SELECT 1 FROM moves v WHERE v.source = @source AND v.key = members.key AND v.gone = 0))
  UNION ALL
  SELECT key, external_id, @last FROM moves
  WHERE @run > 0 AND source = @source AND gone = 1 AND key > @after AND aside = 0
)
SELECT who.key, who.last_seen, who.external_id,
  coalesce(
    (SELECT m.key FROM members m INDEXED BY members_external
      WHERE m.external_id <> '' AND m.source = @source
      AND m.external_id = coalesce(nullif(who.external_id, ''), a.external_id)
      AND m.key <> who.key AND m.left_run IS NULL AND NOT (@run > 0 AND EXISTS
        (SELECT 1 FROM moves v WHERE v.source = @source AND v.key = m.key AND v.gone = 1)) LIMIT 1),
    (SELECT v.key FROM moves v INDEXED BY moves_external
      WHERE @run > 0 AND v.external_id <> '' AND v.source = @source
      AND v.external_id = coalesce(nullif(who.external_id, ''), a.external_id)
      AND v.key <> who.key AND v.gone = 0 LIMIT 1),
    '')
FROM gone who CROSS JOIN accounts a ON a.key = who.key
WHERE (a.revoked_at = '' AND a.gone_run = 0 OR @run > 0 AND @run IN (a.revoked_run, a.gone_run))
  AND NOT EXISTS (SELECT 1 FROM members o WHERE o.key = who.key AND o.source <> @source AND o.left_run IS NULL)
ORDER BY who.key LIMIT @limit
