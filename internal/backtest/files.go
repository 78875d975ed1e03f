package backtest

import (
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parry"
)

// Input is one file of events. Open is nil for one that is passed over, as its name says that it holds none.
type Input struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Files are the files that paths name, one by one and in the order of their names. A file is read whatever it is called; of a folder, and of
// the folders in it, those that end in .json, .jsonl or .log, or in one of these and .gz.
func Files(paths []string) iter.Seq2[Input, error] {
	return func(yield func(Input, error) bool) {
		for _, p := range paths {
			info, err := os.Stat(p)
			switch {
			case err != nil:
				if !yield(Input{}, parry.Errorf(parry.Invalid, "%w", err)) {
					return
				}
			case !info.IsDir():
				if !yield(file(p, info.Size()), nil) {
					return
				}
			case !folder(p, yield):
				return
			}
		}
	}
}

func file(path string, size int64) Input {
	return Input{Name: path, Size: size, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// folder gives the files of a folder; false where no more are wanted.
func folder(root string, yield func(Input, error) bool) bool {
	more := true
	// The root's own error was seen by Stat; what Walk meets below is handed on, and does not end it.
	_ = fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		path := filepath.Join(root, filepath.FromSlash(name))
		switch {
		case err != nil:
			more = yield(Input{}, parry.Errorf(parry.Invalid, "%s cannot be read: %w", path, err))
		case d.IsDir():
		default:
			more = entry(path, d, yield)
		}
		if !more {
			return fs.SkipAll
		}
		return nil
	})
	return more
}

// entry gives one entry of a folder that is no folder.
func entry(path string, d fs.DirEntry, yield func(Input, error) bool) bool {
	if !holdsEvents(path) {
		return yield(Input{Name: path}, nil)
	}
	info, err := d.Info()
	if err == nil && d.Type()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
	}
	switch {
	case err != nil:
		return yield(Input{}, parry.Errorf(parry.Invalid, "%w", err))
	case !info.Mode().IsRegular():
		return yield(Input{Name: path}, nil) // a pipe, or a link to a folder, which could lead round in a circle
	}
	return yield(file(path, info.Size()), nil)
}

// holdsEvents says by a file's name whether it may hold events.
func holdsEvents(name string) bool {
	ext := filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))
	return slices.Contains([]string{".json", ".jsonl", ".log"}, ext)
}

// Size is how many bytes the inputs have.
func Size(inputs iter.Seq2[Input, error]) (n int64) {
	for in, err := range inputs {
		if err == nil {
			n += in.Size
		}
	}
	return n
}
