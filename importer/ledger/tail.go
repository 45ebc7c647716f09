package ledger

import (
	"context"
	"strings"
	"sync"
)

// maxTail is how many versions of accounts wait to be entered in account_keys.
const maxTail = 8192

// keyVersion says that a version of key has this id.
type keyVersion struct {
	key string
	id  int64
}

// A tail knows the newest versions, which account_keys does not have yet.
type tail struct {
	mu     sync.RWMutex
	newest map[string]int64 // by key
}

// extend takes versions that are on disk. entered: all before them are in
// account_keys now.
func (t *tail) extend(versions []keyVersion, entered bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if entered || t.newest == nil {
		t.newest = make(map[string]int64, len(versions))
	}
	for _, v := range versions {
		t.newest[strings.Clone(v.key)] = v.id // the key may be a part of something large
	}
}

func (t *tail) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.newest)
}

// find returns the ids of those of q that the tail knows, and their places in q.
func (t *tail) find(q []Query) (ids []int64, places []int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if len(t.newest) == 0 {
		return nil, nil
	}
	for i := range q {
		if id, found := t.newest[q[i].Key]; found {
			ids, places = append(ids, id), append(places, i)
		}
	}
	return ids, places
}

// readTail reads what a process that has ended, or still writes, has not entered.
func (l *Ledger) readTail(ctx context.Context) error {
	rows, err := l.read.QueryContext(ctx, "SELECT key, id FROM unentered ORDER BY id")
	if err != nil {
		return err
	}
	versions, err := collect(rows, func(s scanner) (v keyVersion, err error) {
		err = s.Scan(&v.key, &v.id)
		return v, err
	})
	l.tail.extend(versions, true)
	return err
}
