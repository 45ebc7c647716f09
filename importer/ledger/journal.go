package ledger

import (
	"context"
	"encoding/json"
)

// place is where an attempt belongs.
type place struct {
	run    int64
	revoke bool
	row    int
}

func placeOf(e *entry) place { return place{e.run, e.outcome.Revoke, e.outcome.Row} }

// A journal knows which records of the table journal hold attempts that are
// still under way.
type journal struct {
	record map[place]int64 // of each attempt that is under way
	open   map[int64]int   // how many of a record are
}

func newJournal() journal { return journal{map[place]int64{}, map[int64]int{}} }

// add takes the attempts of part, which stand in the record id.
func (j *journal) add(id int64, part []entry) {
	for i := range part {
		if e := &part[i]; e.action == begin {
			j.record[placeOf(e)] = id
			j.open[id]++
		}
	}
}

// settle takes out an attempt. closed: it was the last one of its record.
func (j *journal) settle(p place) (id int64, closed bool) {
	id, found := j.record[p]
	if !found {
		return 0, false
	}
	delete(j.record, p)
	j.open[id]--
	if j.open[id] > 0 {
		return id, false
	}
	delete(j.open, id)
	return id, true
}

// attemptJSON is an attempt as it stands in a record.
type attemptJSON struct {
	Row        int    `json:"row"`
	Line       int    `json:"line"`
	Key        string `json:"key"`
	Email      string `json:"email,omitempty"`
	Name       string `json:"name"`
	ExternalID string `json:"external_id,omitempty"`
}

const (
	record = "INSERT OR ROLLBACK INTO journal (run, revoke, at, attempts) VALUES (?, ?, ?, ?)"
	strike = `UPDATE OR ROLLBACK journal SET attempts = (SELECT json_group_array(json(a.value))
		FROM json_each(journal.attempts) a WHERE a.value->>'row' <> ?) WHERE id = ?`
	closeRecords = "DELETE FROM journal WHERE id IN (SELECT value FROM json_each(?))"

	attemptColumns = "run, revoke, row, line, key, email, name, external_id, at"
	onLost         = " ON CONFLICT DO UPDATE SET superseded_by = 0"
	losePending    = "INSERT OR ROLLBACK INTO lost (" + attemptColumns + ") SELECT " + attemptColumns + " FROM pending WHERE"
	lose           = losePending + theseRows + onLost
	renew          = "UPDATE OR ROLLBACK lost SET superseded_by = 0 WHERE" + theseRows
)

// begins records the attempts of part. The answer of one that is under way
// already is lost, and so it stays where it was lost before.
func (s *statements) begins(ctx context.Context, part []entry, now string) error {
	var sent []attemptJSON
	again := false
	for i := range part {
		if e := &part[i]; e.action == begin {
			o := &e.outcome
			sent = append(sent, attemptJSON{o.Row, o.Line, o.Key, unlessKey(o), o.Name, o.ExternalID})
			_, underWay := s.journal.record[placeOf(e)]
			again = again || underWay
		}
	}
	if sent == nil {
		return nil
	}
	if err := s.beginAgain(ctx, part, again); err != nil {
		return err
	}
	text, err := json.Marshal(sent)
	if err != nil {
		panic(err) // strings and numbers can always be written
	}
	result, err := s.record.ExecContext(ctx, part[0].run, flag(part[0].outcome.Revoke), now, string(text))
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	s.journal.add(id, part)
	return err
}

// beginAgain remembers what is lost by it that attempts are made once more.
func (s *statements) beginAgain(ctx context.Context, part []entry, underWay bool) error {
	isBegin := func(e *entry) bool { return e.action == begin }
	if s.anyLost {
		if _, err := s.onRows(ctx, s.renew, part, isBegin); err != nil {
			return err
		}
	}
	if !underWay {
		return nil
	}
	_, err := s.onRows(ctx, s.lose, part, func(e *entry) bool {
		_, found := s.journal.record[placeOf(e)]
		return isBegin(e) && found
	})
	if err != nil {
		return err
	}
	s.anyLost = true
	return s.leave(ctx, part, isBegin)
}

// leave takes the chosen rows' attempts out of the journal.
func (s *statements) leave(ctx context.Context, part []entry, chosen func(*entry) bool) error {
	var closed []int64
	for i := range part {
		e := &part[i]
		if !chosen(e) {
			continue
		}
		id, last := s.journal.settle(placeOf(e))
		switch {
		case last:
			closed = append(closed, id)
		case id != 0 && e.action == withdraw:
			if _, err := s.strike.ExecContext(ctx, e.outcome.Row, id); err != nil {
				return err
			}
		}
	}
	if closed == nil {
		return nil
	}
	_, err := s.closeRecords.ExecContext(ctx, list(closed))
	return err
}
