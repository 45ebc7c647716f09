package export

import (
	"context"
	"io"
	"regexp"

	"jsm-onboard/importer/csvtext"
)

// File is an export that has been opened. Its one copy is a temporary file that Close removes.
type File struct{ *csvtext.File }

// Open copies the export at path ("-": stdin), unpacked, into a temporary file
// (mode 0600). A *RefusedError says why a file is none that can be read.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	opened, err := csvtext.Open(ctx, path, stdin)
	return &File{opened}, err
}

// Stem is path without .csv, .tsv, .txt, .gz and .zip: what names of other files are made from.
func Stem(path string) string { return extension.ReplaceAllString(path, "$1") }

var extension = regexp.MustCompile(`(?i)([^./\\])(\.csv|\.tsv|\.txt)?(\.gz|\.zip)?$`)
