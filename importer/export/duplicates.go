package export

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"runtime/debug"
	"slices"
)

// Duplicate is a row whose address an earlier row has.
type Duplicate struct {
	Line, First int  // physical lines where the rows start
	SameName    bool // both rows have the same name
}

const (
	maxDuplicatesListed = 1000
	keyHead             = 32 // bytes before a spooled key: its length, line, row number, hash of the name
)

// keyIndex knows which keys were seen, in 16 bytes each while it is filled: a
// hash and where the key is spooled. Keys are compared whole before they are
// called the same. Sealed, it keeps 8 bytes for each hash, and the 16 only of
// keys that have theirs in common.
type keyIndex struct {
	seed    maphash.Seed
	buckets [256][]keyEntry // by the hash's first byte; sealed: sorted, and only what has its hash in common
	hashes  [256][]uint64   // by their first byte; sealed: sorted
	spool   *os.File
	w       *bufio.Writer
	offset  int64
	block   []byte // cache of reads
	blockAt int64
	count   int
	listed  []Duplicate
	rows    []uint64 // numbers of the rows that are duplicates, a bit each
}

type keyEntry struct {
	hash uint64
	at   int64 // offset in the spool; -1: known, but not of a row that is sent
}

func newKeyIndex() (*keyIndex, error) {
	f, err := temporary()
	if err != nil {
		return nil, err
	}
	return &keyIndex{seed: maphash.MakeSeed(), spool: f, w: bufio.NewWriterSize(f, 64<<10), blockAt: -1}, nil
}

func (x *keyIndex) put(key string, at int64) {
	h := maphash.String(x.seed, key)
	b := &x.buckets[h>>56]
	if len(*b) == cap(*b) { // by an eighth: append would take more room
		*b = append(make([]keyEntry, 0, len(*b)+max(16, len(*b)/8)), *b...)
	}
	*b = append(*b, keyEntry{h, at})
}

// see remembers a key that counts as being in the file.
func (x *keyIndex) see(key string) { x.put(key, -1) }

// add remembers the key of a row that may be sent. Lines only rise.
func (x *keyIndex) add(key string, r *Row) error {
	x.put(key, x.offset)
	var b [keyHead]byte
	binary.LittleEndian.PutUint64(b[0:], uint64(len(key)))
	binary.LittleEndian.PutUint64(b[8:], uint64(r.Line))
	binary.LittleEndian.PutUint64(b[16:], uint64(r.Number))
	binary.LittleEndian.PutUint64(b[24:], maphash.String(x.seed, r.Name))
	x.w.Write(b[:])
	if _, err := x.w.WriteString(key); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	x.offset += int64(len(b) + len(key))
	return nil
}

// seal ends the adding; it counts the duplicates.
func (x *keyIndex) seal() error {
	if err := x.w.Flush(); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	x.w = nil
	held := 0
	for i := range x.buckets {
		held += cap(x.buckets[i])
		if err := x.sealBucket(i); err != nil {
			return err
		}
	}
	x.trim()
	if held > 1<<18 {
		debug.FreeOSMemory() // more is free now than what comes next will need
	}
	return nil
}

func (x *keyIndex) sealBucket(i int) error {
	b := x.buckets[i]
	slices.SortFunc(b, func(a, b keyEntry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at))
	})
	hashes, shared := make([]uint64, 0, len(b)), 0
	for start := 0; start < len(b); {
		end := start + 1
		for end < len(b) && b[end].hash == b[start].hash {
			end++
		}
		hashes = append(hashes, b[start].hash)
		if err := x.countRun(b[start:end]); err != nil {
			return err
		}
		if end-start > 1 {
			shared += copy(b[shared:], b[start:end])
		}
		start = end
	}
	x.buckets[i], x.hashes[i] = slices.Clone(b[:shared]), hashes
	return nil
}

// countRun counts the duplicates among entries of one hash.
func (x *keyIndex) countRun(run []keyEntry) error {
	for len(run) > 0 && run[0].at < 0 {
		run = run[1:]
	}
	if len(run) < 2 {
		return nil
	}
	first := map[string]spooledKey{}
	for _, e := range run {
		k, err := x.read(e.at)
		if err != nil {
			return err
		}
		if f, ok := first[k.key]; ok {
			x.count++
			x.rememberRow(k.number)
			x.listed = append(x.listed, Duplicate{Line: k.line, First: f.line, SameName: k.name == f.name})
			if len(x.listed) > 4*maxDuplicatesListed {
				x.trim()
			}
			continue
		}
		first[k.key] = k
	}
	return nil
}

func (x *keyIndex) rememberRow(n int) {
	if word := n / 64; word >= len(x.rows) {
		x.rows = append(x.rows, make([]uint64, word+1-len(x.rows)+len(x.rows)/4)...)
	}
	x.rows[n/64] |= 1 << (n % 64)
}

func (x *keyIndex) trim() {
	slices.SortFunc(x.listed, func(a, b Duplicate) int { return cmp.Compare(a.Line, b.Line) })
	x.listed = x.listed[:min(len(x.listed), maxDuplicatesListed)]
}

func (x *keyIndex) contains(key string) bool {
	h := maphash.String(x.seed, key)
	_, found := slices.BinarySearch(x.hashes[h>>56], h)
	return found
}

// run are the entries with the hash of key, when it has that in common with others.
func (x *keyIndex) run(key string) []keyEntry {
	h := maphash.String(x.seed, key)
	b := x.buckets[h>>56]
	start, _ := slices.BinarySearchFunc(b, h, func(e keyEntry, h uint64) int { return cmp.Compare(e.hash, h) })
	end := start
	for end < len(b) && b[end].hash == h {
		end++
	}
	return b[start:end]
}

// first finds the first row with a key: its line, and whether it has the same name.
func (x *keyIndex) first(key, name string) (line int, sameName bool, err error) {
	run := x.run(key)
	for len(run) > 0 && run[0].at < 0 {
		run = run[1:]
	}
	if len(run) < 2 {
		return 0, false, nil
	}
	for _, e := range run {
		k, err := x.read(e.at)
		if err != nil {
			return 0, false, err
		}
		if k.key == key {
			return k.line, k.name == maphash.String(x.seed, name), nil
		}
	}
	return 0, false, fmt.Errorf("an address was not there in the first pass")
}

type spooledKey struct {
	key          string
	line, number int
	name         uint64
}

func (x *keyIndex) read(at int64) (spooledKey, error) {
	head, err := x.bytes(at, keyHead)
	if err != nil {
		return spooledKey{}, err
	}
	field := func(i int) uint64 { return binary.LittleEndian.Uint64(head[8*i:]) }
	k := spooledKey{line: int(field(1)), number: int(field(2)), name: field(3)}
	body, err := x.bytes(at+keyHead, int(field(0)))
	k.key = string(body)
	return k, err
}

// bytes reads n spooled bytes through a cache of one block.
func (x *keyIndex) bytes(at int64, n int) ([]byte, error) {
	const block = 4 << 10
	if x.blockAt < 0 || at < x.blockAt || at+int64(n) > x.blockAt+int64(len(x.block)) {
		x.block = slices.Grow(x.block[:0], max(n, block))[:max(n, block)]
		got, err := x.spool.ReadAt(x.block, at)
		if got < n {
			x.blockAt = -1
			return nil, fmt.Errorf("reading a temporary file: %w", cmp.Or(err, io.ErrUnexpectedEOF))
		}
		x.block, x.blockAt = x.block[:got], at
	}
	return x.block[at-x.blockAt:][:n], nil
}
