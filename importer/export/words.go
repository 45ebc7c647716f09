package export

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed words.txt
var vocabulary string

// words has the sections of words.txt in which each word is, as headers are compared, and its place there.
var words = sync.OnceValue(func() map[string]map[string]int {
	all := map[string]map[string]int{}
	for part := range strings.SplitSeq(comment.ReplaceAllString(vocabulary, ""), "\n[") {
		section, list, _ := strings.Cut(part, "]")
		for place, w := range slices.Backward(strings.Split(list, ",")) { // the first of the same words counts
			key := squeeze(w)
			if all[key] == nil {
				all[key] = map[string]int{}
			}
			all[key][section] = place
		}
	}
	delete(all, "")
	return all
})

var comment = regexp.MustCompile(`(?m)^#.*`)

// is reports whether a word, as headers are compared, is in a section.
func is(section, key string) bool {
	_, ok := words()[key][section]
	return ok
}

// isWord reports a word, as headers are compared, that is in any section.
func isWord(key string) bool { return words()[key] != nil }

// isKnown reports a header that is in the sections of fields, or of what is none.
func isKnown(key string) bool {
	in := func(section string) bool { return is(section, key) }
	return slices.ContainsFunc(fieldNames[Email:], in) || in("other") || in("half") || in("self")
}
