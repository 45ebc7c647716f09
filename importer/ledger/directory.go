package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A directory knows where the newest version of each account stands, in 12
// bytes an account. Two keys of one hash share an entry; whoever follows it
// compares the key.
type directory struct {
	seed    maphash.Seed
	entries []entryOf // by hash, no hash twice
}

// maxIndexed is the highest id that an entry can hold.
const maxIndexed = math.MaxUint32 / 4

type entryOf struct {
	high, low uint32 // of the hash: one uint64 would be padded to 16 bytes with version
	version   uint32 // id of the newest version, times 4, plus its Standing
}

func newEntry(hash uint64, id int64, s Standing) entryOf {
	return entryOf{uint32(hash >> 32), uint32(hash), uint32(id)*4 + uint32(s)}
}

func (e *entryOf) hash() uint64 { return uint64(e.high)<<32 | uint64(e.low) }

// at is the entry that key would have; nil: there is none.
func (d *directory) at(key string) *entryOf {
	h := maphash.String(d.seed, key)
	near := d.near(h)
	i, found := slices.BinarySearchFunc(near, h, func(e entryOf, h uint64) int { return cmp.Compare(e.hash(), h) })
	if !found {
		return nil
	}
	return &near[i]
}

// near narrows the entries down to some around h. Hashes are spread evenly, so
// that where h stands can be reckoned.
func (d *directory) near(h uint64) []entryOf {
	n := len(d.entries)
	guess, _ := bits.Mul64(h, uint64(n))
	low, high := int(guess), int(guess)
	for step := 256; low > 0 && d.entries[low].hash() > h; step *= 2 {
		low = max(0, low-step)
	}
	for step := 256; high < n && d.entries[high].hash() < h; step *= 2 {
		high = min(n, high+step)
	}
	return d.entries[low:min(high+1, n)]
}

func (e *entryOf) id() int64 { return int64(e.version / 4) }

func (e *entryOf) standing() Standing { return Standing(e.version % 4) }

// Index reads all accounts once, about half a million a second, so that what
// follows finds them faster: worth while before many keys are asked for. It
// keeps 12 bytes for each. Call it while nobody else asks.
func (l *Ledger) Index(ctx context.Context) error {
	if l.directory != nil {
		return nil
	}
	var last int64
	if err := l.read.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM accounts").Scan(&last); err != nil {
		return wrap(l.path, err)
	}
	if last > maxIndexed {
		return nil
	}
	d := &directory{seed: maphash.MakeSeed(), entries: make([]entryOf, last)}
	var parts errgroup.Group
	for i := range int64(readers) {
		from, to := last*i/readers, last*(i+1)/readers
		parts.Go(func() error { return l.readEntries(ctx, d, from, to) })
	}
	if err := parts.Wait(); err != nil {
		return wrap(l.path, err)
	}
	d.entries = slices.DeleteFunc(d.entries, func(e entryOf) bool { return e.version == 0 })
	slices.SortFunc(d.entries, func(a, b entryOf) int { return cmp.Or(cmp.Compare(a.hash(), b.hash()), cmp.Compare(b.id(), a.id())) })
	d.entries = slices.CompactFunc(d.entries, func(a, b entryOf) bool { return a.hash() == b.hash() })
	l.directory = d
	return nil
}

// readEntries reads the versions after the id from, up to to, each into the
// place of its id.
func (l *Ledger) readEntries(ctx context.Context, d *directory, from, to int64) error {
	rows, err := l.read.QueryContext(ctx, `SELECT id, key, CASE WHEN revoked_at <> '' THEN 2 WHEN status = 'gone' THEN 0 ELSE 1 END
		FROM accounts WHERE id > ? AND id <= ?`, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var key sql.RawBytes
		var standing Standing
		if err := rows.Scan(&id, &key, &standing); err != nil {
			return err
		}
		d.entries[id-1] = newEntry(maphash.Bytes(d.seed, key), id, standing)
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Standing is what is known of a key without its account having been read.
type Standing int

const (
	Unheard Standing = iota // there is no account, or none any more
	Held                    // there is one
	Revoked                 // there is one, and we have revoked it
)

// Standings says of each key how it stands. After Index it costs next to
// nothing, and takes two keys for one in one of some trillion cases.
func (l *Ledger) Standings(ctx context.Context, keys []string) ([]Standing, error) {
	standings := make([]Standing, len(keys))
	if l.directory == nil {
		return standings, l.lookUpStandings(ctx, keys, standings)
	}
	for i, key := range keys {
		if e := l.directory.at(key); e != nil {
			standings[i] = e.standing()
		}
	}
	return standings, nil
}

func (l *Ledger) lookUpStandings(ctx context.Context, keys []string, standings []Standing) error {
	q := make([]Query, len(keys))
	for i, key := range keys {
		q[i].Key = key
	}
	memories := make([]Memory, len(q))
	if err := l.recallAccounts(ctx, 0, math.MaxInt64, q, memories); err != nil {
		return wrap(l.path, err)
	}
	forgetGone(q, memories)
	for i, m := range memories {
		switch {
		case m.Account == nil:
		case m.Account.RevokedAt.IsZero():
			standings[i] = Held
		default:
			standings[i] = Revoked
		}
	}
	return nil
}

// followDirectory reads the accounts of q that the directory knows, half of
// them on another connection, and returns the places of those for which it does
// not say it all.
func (l *Ledger) followDirectory(ctx context.Context, run int64, q []Query, memories []Memory) (rest []int, err error) {
	half := len(q) / 2
	if half < 32 {
		return l.follow(ctx, run, q, memories)
	}
	var other []int
	var first errgroup.Group
	first.Go(func() (err error) {
		rest, err = l.follow(ctx, run, q[:half], memories[:half])
		return err
	})
	other, err = l.follow(ctx, run, q[half:], memories[half:])
	err = errors.Join(first.Wait(), err)
	for _, i := range other {
		rest = append(rest, half+i)
	}
	return rest, err
}

func (l *Ledger) follow(ctx context.Context, run int64, q []Query, memories []Memory) (rest []int, err error) {
	var ids []int64
	var places []int
	for i := range q {
		if e := l.directory.at(q[i].Key); e != nil {
			ids, places = append(ids, e.id()), append(places, i)
		} else {
			rest = append(rest, i)
		}
	}
	if len(ids) == 0 {
		return rest, nil
	}
	rows, places, err := l.readVersions(ctx, ids, places)
	if err != nil {
		return nil, err
	}
	err = eachVersion(rows, func(n int, v version) {
		i := places[n]
		if i < 0 {
			return
		}
		if v.Key != q[i].Key || v.Run == run || v.Status == gone {
			rest = append(rest, i)
			return
		}
		memories[i].Account = &v.Account
	})
	return rest, err
}

// readVersions queries the versions with these ids, and returns the place of
// each by what eachVersion calls n; -1: it was not asked for. Who was onboarded
// in the order of the file stands in that order, and is read in one go.
func (l *Ledger) readVersions(ctx context.Context, ids []int64, places []int) (*sql.Rows, []int, error) {
	if low, at := inRow(ids, places); at != nil {
		rows, err := l.read.QueryContext(ctx, rangeQuery, low, low+int64(len(at))-1)
		return rows, at, err
	}
	rows, err := l.read.QueryContext(ctx, versionsQuery, list(ids))
	return rows, places, err
}

// inRow lays the places out by id, from the lowest on, -1 in the gaps; nil when
// more than half would be gaps, or an id is there twice.
func inRow(ids []int64, places []int) (low int64, at []int) {
	low = slices.Min(ids)
	span := int(slices.Max(ids)-low) + 1
	if span > 2*len(ids) {
		return 0, nil
	}
	at = slices.Repeat([]int{-1}, span)
	for n, id := range ids {
		if at[id-low] >= 0 {
			return 0, nil
		}
		at[id-low] = places[n]
	}
	return low, at
}
