package export

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
)

// preset is a source whose header is known. Most have no more than a name: their headers are in the vocabulary.
type preset struct {
	Name, Title string
	Signature   string // headers without blanks that must all be there
	Told        string // those that have a meaning besides those by the vocabulary, as column=field
}

//go:embed presets.csv
var presetTable string

var presets = tableOf[preset](presetTable)

// tableOf are the rows of a table that is a part of the program.
func tableOf[T any](csv string) (rows []T) {
	if err := gocsv.UnmarshalString(csv, &rows); err != nil {
		panic(err)
	}
	return rows
}

// Presets are the names of the header sets that are known.
func Presets() (names []string) {
	for _, p := range presets {
		names = append(names, p.Name)
	}
	return names
}

// choosePreset takes the preset that the user names, or the longest signature that the header has all of.
func (ch *choice) choosePreset() error {
	name, best := ch.options.Preset, &ch.preset
	missing := func(key string) bool { return !slices.Contains(ch.keys, key) }
	for _, p := range presets {
		fits := (name == "" || name == p.Name) && !slices.ContainsFunc(strings.Fields(p.Signature), missing)
		if fits && len(p.Signature) > len(best.Signature) {
			*best = p
		}
	}
	switch {
	case name == "", name == "none", name == best.Name:
	case !slices.Contains(Presets(), name):
		return &OptionError{Flag: "--preset", What: fmt.Sprintf("there is no preset %q (%s)", name,
			strings.Join(Presets(), ", "))}
	case ch.place.Row > 0:
		return refuse(ch.place, "this is not the header of "+name, "leave --preset out, or name the columns: --column")
	}
	for pair := range strings.FieldsSeq(best.Told) {
		key, word, _ := strings.Cut(pair, "=")
		f, _ := ParseField(word)
		i := slices.Index(ch.keys, key)
		ch.meanings[i] = append(ch.meanings[i], meaning{field: f, rank: -1})
	}
	return nil
}
