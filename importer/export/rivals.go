package export

import "slices"

// otherColumn counts the addresses in a column that may be the people's, too.
type otherColumn struct{ at, filled, addresses, rivals int }

// otherColumns are all that the user or the header does not rule out.
func otherColumns(l *layout) []otherColumn {
	var others []otherColumn
	if !l.columns.has(Email) || l.header.ownFile || l.columns.why[Email] == byUser {
		return nil
	}
	for i := range l.header.names {
		if i != l.columns.at[Email][0] && !l.header.neverTaken(i) {
			others = append(others, otherColumn{at: i})
		}
	}
	return others
}

// see looks for another address in a row of the first pass. The same one in another dress,
// or one of the further ones of the cell, is none.
func (o *otherColumn) see(r *Row) {
	cell := cellAt(r.record.Cells, o.at)
	if cell == "" {
		return
	}
	o.filled++
	if a, found := addressIn(cell); found {
		o.addresses++
		if a.key != r.Key && !slices.Contains(a.others, r.Key) {
			o.rivals++
		}
	}
}
