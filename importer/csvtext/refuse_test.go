package csvtext

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

func TestRefuseOpen(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want string // "": the error stays what it is
	}{
		"missing":        {fs.ErrNotExist, "there is no such file"},
		"unreadable":     {syscall.EACCES, "you may not read this file"},
		"below a file":   {syscall.ENOTDIR, "there is no such file: a part of the path is no folder"},
		"something else": {syscall.EIO, ""},
	} {
		err := refuseOpen("people.csv", &fs.PathError{Op: "open", Path: "people.csv", Err: tt.err})
		e, refused := errors.AsType[*RefusedError](err)
		switch {
		case refused != (tt.want != ""):
			t.Errorf("%s: %v", name, err)
		case refused && (e.What != tt.want || e.Hint == "" || e.Path != "people.csv"):
			t.Errorf("%s: %+v", name, e)
		}
	}
}
